/**
 * The resources (audiences) that the local Entra ID issues tokens for. Entra ID itself refuses a resource that no
 * application of the tenant offers (AADSTS500011), and so do we: a misspelt scope must not yield a usable token.
 */
export const ARM_AUDIENCES = [
  'https://management.azure.com',
  'https://management.core.windows.net',
  'https://management.azure.test',
] as const;

export const STORAGE_AUDIENCE = 'https://storage.azure.com';
export const IOT_HUB_AUDIENCE = 'https://iothubs.azure.net';
export const SIGNALR_AUDIENCE = 'https://signalr.azure.com';
export const EVENT_HUBS_AUDIENCE = 'https://eventhubs.azure.net';
export const PROVISIONING_AUDIENCE = 'https://azure-devices-provisioning.net';

const KNOWN: readonly string[] = [
  ...ARM_AUDIENCES,
  STORAGE_AUDIENCE,
  IOT_HUB_AUDIENCE,
  PROVISIONING_AUDIENCE,
  SIGNALR_AUDIENCE,
  EVENT_HUBS_AUDIENCE,
];

/** Audiences are compared without the trailing slashes that SDKs add or keep (`…azure.com//.default`). */
export const normalAudience = (audience: string): string => audience.replace(/\/+$/, '');

/** @param resource as asked of the managed-identity endpoint, with or without a trailing slash */
export const isKnownAudience = (resource: string): boolean => KNOWN.includes(normalAudience(resource));
