import { z } from 'zod';

import type { FileUploadSettings, HubSettings, QueueSettings } from '../hub/settings';
import { isMasked, masked, partsOf, unmasked } from './connection-strings';
import { duration } from './duration';
import { badDescription } from './errors';

/** Bounds: arm-iothub, CloudToDeviceProperties, FeedbackProperties, MessagingEndpointProperties. */
const ttl = duration('PT1M', 'P2D').nullish();
const lock = duration('PT5S', 'PT5M').nullish();
const deliveries = z.int().min(1).max(100).nullish();
const queue = z.looseObject({ ttlAsIso8601: ttl, lockDurationAsIso8601: lock, maxDeliveryCount: deliveries });
type Queue = z.infer<typeof queue>;

export const cloudToDevice = z.looseObject({
  maxDeliveryCount: deliveries,
  defaultTtlAsIso8601: ttl,
  feedback: queue.nullish(),
});

/** arm-iothub, ManagedIdentity: the one that an endpoint is reached as. */
export const endpointIdentity = z.looseObject({ userAssignedIdentity: z.string().nullish() });

/** What settings keep of it; stores take no undefined members. */
export const userAssignedOf = (
  declared: z.infer<typeof endpointIdentity> | null | undefined,
): { readonly userAssignedIdentity?: string } =>
  declared?.userAssignedIdentity ? { userAssignedIdentity: declared.userAssignedIdentity } : {};

/** arm-iothub, StorageEndpointProperties: the one endpoint is called `$default`. */
export const storageEndpoints = z.record(
  z.string(),
  z.looseObject({
    connectionString: z.string(),
    containerName: z.string(),
    sasTtlAsIso8601: duration('PT1M', 'P1D').nullish(),
    authenticationType: z.enum(['keyBased', 'identityBased']).nullish(),
    identity: endpointIdentity.nullish(),
  }),
);

export const messagingEndpoints = z.record(z.string(), queue);

/** The part of a hub's properties that is about messages to devices and files from them. */
export interface MessagingDescription {
  readonly cloudToDevice?: z.infer<typeof cloudToDevice> | null | undefined;
  readonly storageEndpoints?: z.infer<typeof storageEndpoints> | null | undefined;
  readonly messagingEndpoints?: z.infer<typeof messagingEndpoints> | null | undefined;
  readonly enableFileUploadNotifications?: boolean | null | undefined;
}

const HOUR_MS = 3_600_000;
const queueOf = (declared: Queue | null | undefined): QueueSettings => ({
  ttlMs: declared?.ttlAsIso8601 ?? HOUR_MS,
  lockDurationMs: declared?.lockDurationAsIso8601 ?? 60_000,
  maxDeliveryCount: declared?.maxDeliveryCount ?? 10,
});

/** @throws DevicesError for a connection string without an account, or without its key when the access is by key */
function fileUploadOf(
  { storageEndpoints: endpoints, enableFileUploadNotifications: notifies }: MessagingDescription,
  present: FileUploadSettings | undefined,
): FileUploadSettings | undefined {
  const declared = endpoints?.['$default'];
  if (declared === undefined || declared.connectionString === '') return undefined;
  const isIdentityBased = declared.authenticationType === 'identityBased';
  const connectionString = unmasked(declared.connectionString, present === undefined ? [] : [present.connectionString]);
  requireAccount('storageEndpoints', connectionString, isIdentityBased);
  return {
    connectionString,
    containerName: declared.containerName,
    sasTtlMs: declared.sasTtlAsIso8601 ?? HOUR_MS,
    isIdentityBased,
    ...userAssignedOf(declared.identity),
    notifies: notifies ?? false,
  };
}

/** @param what for the error: where in the description the connection string stands */
export function requireAccount(what: string, connectionString: string, isIdentityBased: boolean): void {
  const parts = partsOf(connectionString);
  const names = parts.has('accountname') || parts.has('blobendpoint');
  const opens = isIdentityBased || (parts.has('accountkey') && !isMasked(connectionString));
  if (names && opens) return;
  throw badDescription(`${what}: '${masked(connectionString)}' names no storage account, or has no key for it`);
}

/** What messages to devices, their feedback and uploaded files go by; Azure's defaults for what is left out. */
export function messagingOf(
  description: MessagingDescription,
  present: HubSettings | undefined,
): Pick<HubSettings, 'cloudToDevice' | 'feedback' | 'fileNotifications' | 'fileUpload'> {
  const { cloudToDevice: declared, messagingEndpoints: endpoints } = description;
  const { maxDeliveryCount, defaultTtlAsIso8601 } = declared ?? {};
  return {
    cloudToDevice: queueOf({ maxDeliveryCount, ttlAsIso8601: defaultTtlAsIso8601 }),
    feedback: queueOf(declared?.feedback),
    fileNotifications: queueOf(endpoints?.['fileNotifications']),
    fileUpload: fileUploadOf(description, present?.fileUpload),
  };
}
