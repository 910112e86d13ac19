import { createHmac } from 'node:crypto';
import { SharedAccessSignature } from 'azure-iot-common';
import type { Credentials, GroupKey } from './types';

/**
 * The key of one device of an enrollment group.
 *
 * @param groupKey base64
 * @returns base64 of HMAC-SHA256(group key, registration id). Source: iot-dps/how-to-legacy-device-symm-key.md
 */
export const derivedKey = (groupKey: string, registrationId: string): string =>
  createHmac('sha256', Buffer.from(groupKey, 'base64')).update(registrationId).digest('base64');

/** What a device has of its own. */
export const ownCredentials = (given: Credentials | GroupKey, registrationId: string): Credentials =>
  given.kind === 'groupKey' ? { kind: 'symmetricKey', key: derivedKey(given.key, registrationId) } : given;

/** How long a token holds. A connection that outlives it is closed by the service and made anew. */
const TOKEN_SECONDS = 3600;

/**
 * A token of a device.
 *
 * @param resource what it opens: `{hub}/devices/{id}` or `{idScope}/registrations/{id}`
 * @param policy   `registration` for a provisioning service, null for a hub
 */
export const tokenFor = (resource: string, policy: 'registration' | null, key: string): string =>
  SharedAccessSignature.create(
    resource,
    policy as string, // the SDK leaves `skn` out for null, which its types do not say
    key,
    Math.floor(Date.now() / 1000) + TOKEN_SECONDS,
  ).toString();
