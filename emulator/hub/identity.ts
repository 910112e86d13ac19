import { randomInt } from 'node:crypto';
import { z } from 'zod';
import { HubError } from './errors';
import { newKey } from '../auth/keys';
import { NEVER, stampOf, ticksOf } from '../world/time';

/** 1 to 128 of these, case-sensitive (azure-iot-sdk-csharp, `Utils.ValidateDeviceId`). */
const ID = /^[A-Za-z0-9\-:.+%_#*?!(),=@;$']{1,128}$/;
/** Facts marked [L] were measured on a live hub (mwalser/terraform-provider-iothub, design document, appendix D, 2026-08). */

/** SHA-1 or SHA-256 in hexadecimal (iot-hub/authenticate-authorize-x509.md). */
const THUMBPRINT = /^([0-9a-f]{40}|[0-9a-f]{64})$/i;

const optionalText = z.string().nullish();
const optionalThumbprint = z.union([z.string().regex(THUMBPRINT), z.literal('')]).nullish();
const KeyPair = z.object({ primaryKey: optionalText, secondaryKey: optionalText });
const Thumbprints = z.object({ primaryThumbprint: optionalThumbprint, secondaryThumbprint: optionalThumbprint });
const AuthenticationType = z.enum(['sas', 'selfSigned', 'certificateAuthority', 'none']);
/** Java's RegistryClient writes `Enabled` (iot-service-client 2.1.8). */
const Status = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['enabled', 'disabled']));

/** The members of a device or module that a caller may set; what else a read one holds is ignored. */
export const IdentityInput = z.object({
  deviceId: z.string().regex(ID),
  /** Makes it a module: then status, capabilities and scopes are without effect. */
  moduleId: z.string().regex(ID).nullish(),
  managedBy: optionalText,
  status: Status.nullish(),
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
  parentScopes: z.array(z.string()).max(1).nullish(),
});
export type IdentityInput = z.infer<typeof IdentityInput>;

export interface Authentication {
  readonly symmetricKey: { readonly primaryKey: string; readonly secondaryKey: string };
  readonly x509Thumbprint: { readonly primaryThumbprint: string | null; readonly secondaryThumbprint: string | null };
  readonly type: z.infer<typeof AuthenticationType>;
}

/** A device's or module's identity, apart from its connection. Never changed in place. */
export interface Identity {
  readonly deviceId: string;
  /** Only modules have one. */
  readonly moduleId?: string;
  /** Who manages the module: `iotEdge`, or nobody. */
  readonly managedBy?: string;
  readonly generationId: string;
  readonly etag: string;
  readonly status: 'enabled' | 'disabled';
  readonly statusReason: string | null;
  readonly statusUpdatedTime: string;
  readonly authentication: Authentication;
  readonly capabilities: { readonly iotEdge: boolean };
  /** Of an Edge device its own; of a device below one, its parent's. */
  readonly deviceScope?: string;
  /** Scopes of the parents; empty for none. */
  readonly parentScopes: readonly string[];
}

/**
 * A new identity. Keys that are absent or empty are generated.
 *
 * @throws HubError ArgumentInvalid for keys that are no base64 of 16 to 64 bytes; for a device whose type is `none` [L]
 */
export function newIdentity(input: IdentityInput, now: number): Identity {
  const common = {
    deviceId: input.deviceId,
    generationId: ticksOf(now),
    etag: newEtag(),
    statusUpdatedTime: NEVER,
    authentication: authenticationOf(input),
  };
  if (input.moduleId) return { ...common, ...asModule, moduleId: input.moduleId, managedBy: input.managedBy ?? '' };
  const iotEdge = input.capabilities?.iotEdge ?? false;
  return {
    ...common,
    status: input.status ?? 'enabled',
    statusReason: input.statusReason ?? null,
    capabilities: { iotEdge },
    ...(iotEdge ? edgeScopes(input, now) : leafScopes(input)),
  };
}

/** The identity as an update leaves it: what the input does not give goes back to its default, as PUT does. */
export function updatedIdentity(old: Identity, input: IdentityInput, now: number): Identity {
  const fresh = newIdentity(input, now);
  const staysEdge = old.capabilities.iotEdge && fresh.capabilities.iotEdge;
  return {
    ...fresh,
    ...(staysEdge && old.deviceScope !== undefined && { deviceScope: old.deviceScope }),
    generationId: old.generationId,
    statusUpdatedTime: fresh.status === old.status ? old.statusUpdatedTime : stampOf(now),
  };
}

/** What a module shows in its twin of what only devices may set. */
const asModule = { status: 'enabled', statusReason: null, capabilities: { iotEdge: false }, parentScopes: [] } as const;

type Scopes = Pick<Identity, 'deviceScope' | 'parentScopes'>;

/** An Edge device's own scope is the hub's to give; a caller names the parent's [L]. */
const edgeScopes = ({ deviceId, parentScopes }: IdentityInput, now: number): Scopes => ({
  deviceScope: `ms-azure-iot-edge://${deviceId}-${ticksOf(now)}`,
  parentScopes: parentScopes ?? [],
});

/** Of other devices the scope is their parent's, and `parentScopes` follows from it alone [L]; empty text is none. */
const leafScopes = ({ deviceScope }: IdentityInput): Scopes =>
  deviceScope ? { deviceScope, parentScopes: [deviceScope] } : { parentScopes: [] };

function authenticationOf(input: IdentityInput): Authentication {
  const { authentication } = input;
  const { symmetricKey, x509Thumbprint } = authentication ?? {};
  const primaryThumbprint = x509Thumbprint?.primaryThumbprint || null;
  const secondaryThumbprint = x509Thumbprint?.secondaryThumbprint || null;
  const type = typeOf(input, authentication?.type ?? (primaryThumbprint === null ? 'sas' : 'selfSigned'));
  if (type === 'sas' && !symmetricKey?.primaryKey !== !symmetricKey?.secondaryKey) {
    throw new HubError('ArgumentInvalid', 'Give both symmetric keys or neither.');
  }
  const keyOf = (given: string | null | undefined): string => (type === 'sas' ? checkedKey(given) : '');
  return {
    type,
    symmetricKey: { primaryKey: keyOf(symmetricKey?.primaryKey), secondaryKey: keyOf(symmetricKey?.secondaryKey) },
    x509Thumbprint: { primaryThumbprint, secondaryThumbprint },
  };
}

/** Nobody signs in as the modules of an Edge runtime that has yet to come; else `none` is refused, or `sas` for modules [L]. */
function typeOf({ moduleId }: IdentityInput, type: Authentication['type']): Authentication['type'] {
  if (type !== 'none' || moduleId?.startsWith('$')) return type;
  if (moduleId) return 'sas';
  throw new HubError('ArgumentInvalid', "The authentication type 'none' is not for devices.");
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
