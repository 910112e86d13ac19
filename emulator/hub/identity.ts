import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { HubError } from './errors';
import { newKey } from '../auth/keys';
import { NEVER, stampOf } from '../world/time';

/** 1 to 128 of these, case-sensitive (azure-iot-sdk-csharp, `Utils.ValidateDeviceId`). */
const DEVICE_ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;

const optionalText = z.string().nullish();
const KeyPair = z.object({ primaryKey: optionalText, secondaryKey: optionalText });
const Thumbprints = z.object({ primaryThumbprint: optionalText, secondaryThumbprint: optionalText });
const AuthenticationType = z.enum(['sas', 'selfSigned', 'certificateAuthority', 'none']);

/** The members of a device that a caller may set; what else a read device holds is ignored. */
export const IdentityInput = z.object({
  deviceId: z.string().regex(DEVICE_ID),
  status: z.enum(['enabled', 'disabled']).nullish(),
  statusReason: z.string().max(128).nullish(),
  authentication: z
    .object({
      type: AuthenticationType.nullish(),
      symmetricKey: KeyPair.nullish(),
      x509Thumbprint: Thumbprints.nullish(),
    })
    .nullish(),
  capabilities: z.object({ iotEdge: z.boolean().nullish() }).nullish(),
  deviceScope: optionalText,
});
export type IdentityInput = z.infer<typeof IdentityInput>;

export interface Authentication {
  readonly symmetricKey: { readonly primaryKey: string; readonly secondaryKey: string };
  readonly x509Thumbprint: { readonly primaryThumbprint: string | null; readonly secondaryThumbprint: string | null };
  readonly type: z.infer<typeof AuthenticationType>;
}

/** A device's identity, apart from its connection. Never changed in place. */
export interface Identity {
  readonly deviceId: string;
  readonly generationId: string;
  readonly etag: string;
  readonly status: 'enabled' | 'disabled';
  readonly statusReason: string | null;
  readonly statusUpdatedTime: string;
  readonly authentication: Authentication;
  readonly capabilities: { readonly iotEdge: boolean };
  readonly deviceScope: string | undefined;
}

/**
 * A new identity. Keys that are absent or empty are generated.
 *
 * @throws HubError ArgumentInvalid for keys that are no base64 of 16 to 64 bytes
 */
export function newIdentity(input: IdentityInput, now: number): Identity {
  const iotEdge = input.capabilities?.iotEdge ?? false;
  return {
    deviceId: input.deviceId,
    generationId: `${now}${randomInt(100_000, 999_999)}`,
    etag: newEtag(),
    status: input.status ?? 'enabled',
    statusReason: input.statusReason ?? null,
    statusUpdatedTime: NEVER,
    authentication: authenticationOf(input),
    capabilities: { iotEdge },
    deviceScope: input.deviceScope ?? (iotEdge ? `ms-azure-iot-edge://${input.deviceId}-${now}` : undefined),
  };
}

/** The identity as an update leaves it: what the input does not give goes back to its default, as PUT does. */
export function updatedIdentity(old: Identity, input: IdentityInput, now: number): Identity {
  const fresh = newIdentity(input, now);
  return {
    ...fresh,
    generationId: old.generationId,
    deviceScope: input.deviceScope ?? old.deviceScope ?? fresh.deviceScope,
    statusUpdatedTime: fresh.status === old.status ? old.statusUpdatedTime : stampOf(now),
  };
}

function authenticationOf({ authentication }: IdentityInput): Authentication {
  const { symmetricKey, x509Thumbprint } = authentication ?? {};
  const primaryThumbprint = x509Thumbprint?.primaryThumbprint ?? null;
  const type = authentication?.type ?? (primaryThumbprint === null ? 'sas' : 'selfSigned');
  const keyOf = (given: string | null | undefined): string => (type === 'sas' ? checkedKey(given) : '');
  return {
    type,
    symmetricKey: { primaryKey: keyOf(symmetricKey?.primaryKey), secondaryKey: keyOf(symmetricKey?.secondaryKey) },
    x509Thumbprint: { primaryThumbprint, secondaryThumbprint: x509Thumbprint?.secondaryThumbprint ?? null },
  };
}

function checkedKey(key: string | null | undefined): string {
  if (!key) return newKey();
  const bytes = Buffer.from(key, 'base64');
  if (bytes.toString('base64') !== key || bytes.length < 16 || bytes.length > 64) {
    throw new HubError('ArgumentInvalid', 'A symmetric key must be the base64 text of 16 to 64 bytes.');
  }
  return key;
}

/** Base64 of a number in decimal, as device etags look. */
const newEtag = (): string => Buffer.from(String(randomInt(100_000_000, 999_999_999))).toString('base64');
