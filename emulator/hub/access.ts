import type { TokenPrincipal } from '../auth/authority';
import { IOT_HUB_AUDIENCE } from '../entra/audiences';
import { TokenError } from '../entra/tokens';
import type { Peer } from '../wire/mqtt-service';
import { HubError } from './errors';
import type { Hub } from './hub';
import { covers, isSignedBy, ownerOf, parseSas, type SasToken } from '../auth/sas';
import type { Device } from './hub-device';
import type { AccessPolicy, Right } from './settings';
import { isProvenBy } from './x509';

/** Who signed a request, and until when (ms since the epoch). */
export interface Principal {
  readonly rights: readonly Right[];
  readonly expiresAt: number;
  /** Whose key signed: the hub's (a policy), or the device's or module's own. */
  readonly scope: 'hub' | 'device' | 'module';
  /** Of an Entra token, which has no rights: its roles are asked for each data action. */
  readonly bearer?: TokenPrincipal;
}

/**
 * What a role may allow on a hub's service API, below `Microsoft.Devices/IotHubs/`
 * (iot-hub/authenticate-authorize-azure-ad.md, "Permissions for IoT Hub service APIs").
 */
export type DataAction =
  | `devices/${'read' | 'write' | 'delete'}`
  | `twins/${'read' | 'write'}`
  | `jobs/${'read' | 'write' | 'delete'}`
  | `cloudToDeviceMessages/${'send' | 'feedback' | 'queue/purge'}/action`
  | 'directMethods/invoke/action'
  | 'fileUpload/notifications/action'
  | 'statistics/read'
  | `configurations/${'read' | 'write' | 'delete' | 'applyToEdgeDevice/action' | 'testQueries/action'}`;

/** Tokens are refused from their expiry on: on one machine the clocks agree. */
const SKEW_MS = 0;

/**
 * Checks a credential against one hub and one path.
 *
 * @param path where the token is used, without host: `devices/d1`; not encoded
 * @throws HubError IotHubUnauthorizedAccess, with the same text whatever is wrong
 */
export function authenticate(hub: Hub, credential: string | undefined, path: string): Principal {
  const bearer = /^Bearer (\S+)$/i.exec(credential ?? '')?.[1];
  if (bearer !== undefined) return bearerOf(hub, bearer);
  const token = parseSas(credential ?? '');
  if (token === undefined || token.expiresAt + SKEW_MS <= Date.now()) throw unauthorized();
  if (!covers(token.resource, `${hub.hostName}/${path}`)) throw unauthorized();
  const { expiresAt, policy } = token;
  if (policy !== undefined) return { rights: policyRights(hub, token, policy), expiresAt, scope: 'hub' };
  return { ...ownAccess(hub, token, path), expiresAt };
}

/**
 * Checks a TLS client certificate against one device or module: it may do what devices do, for itself alone.
 *
 * @param path as for {@link authenticate}
 * @throws HubError IotHubUnauthorizedAccess
 */
export function authenticateCertificate(hub: Hub, peer: Peer, path: string): Principal {
  const { owner, moduleId } = ownerAt(hub, path);
  if (owner === undefined || !isProvenBy(peer, owner.identity, hub.settings.certificates, Date.now())) {
    throw unauthorized();
  }
  return { rights: ['DeviceConnect'], expiresAt: Infinity, scope: moduleId === undefined ? 'device' : 'module' };
}

/** @throws HubError IotHubUnauthorizedAccess when the principal lacks the right; RegistryWrite includes RegistryRead */
export function requireRight({ rights }: Principal, right: Right): void {
  const held = rights.includes(right) || (right === 'RegistryRead' && rights.includes('RegistryWrite'));
  if (!held) throw unauthorized();
}

/**
 * Lets a caller through by policy or by role.
 *
 * @param right   what a policy must hold; undefined: any credential of the hub
 * @param actions what a role must allow, every one; none: the operation is not for Entra ID
 * @param call    for the error: method and path, as asked
 * @throws HubError IotHubUnauthorizedAccess, or IotHubUnauthorized in the service's words for a role that is missing
 *   (troubleshoot-error-codes.md, 401003; azure-iot-sdk-csharp issue 3344)
 */
export function requireAccess(
  hub: Hub,
  principal: Principal,
  { right, actions }: { readonly right: Right | undefined; readonly actions: readonly DataAction[] },
  call: { readonly method: string; readonly path: string },
): void {
  const { bearer } = principal;
  if (bearer === undefined) {
    if (right !== undefined) requireRight(principal, right);
    return;
  }
  if (actions.length === 0) throw unauthorized();
  const { resourceId } = hub.settings;
  if (actions.every((action) => hub.authority.allows(bearer, resourceId, `Microsoft.Devices/IotHubs/${action}`)))
    return;
  const text = `Principal ${bearer.objectId} is not authorized for ${call.method} on ${call.path} due to no assigned permissions`;
  throw new HubError('IotHubUnauthorized', text);
}

function bearerOf(hub: Hub, token: string): Principal {
  try {
    const bearer = hub.authority.principalOf(token, IOT_HUB_AUDIENCE);
    return { rights: [], expiresAt: bearer.expiresAt, scope: 'hub', bearer };
  } catch (error) {
    if (error instanceof TokenError) throw unauthorized();
    throw error;
  }
}

/** Refuses; the text is the service's own. */
export const unauthorized = (): HubError => new HubError('IotHubUnauthorizedAccess', 'Unauthorized');

function policyRights(hub: Hub, token: SasToken, name: string): readonly Right[] {
  if (hub.settings.disableLocalAuth) throw unauthorized();
  const policy = hub.settings.policies.find(({ keyName }: AccessPolicy) => keyName === name);
  if (policy === undefined || !isSignedBy(token, [policy.primaryKey, policy.secondaryKey])) throw unauthorized();
  return policy.rights;
}

/**
 * A device's or module's own key allows what they do, for themselves alone: the token must name the one it is used for.
 * Whose key it must be goes by the path: a resource has several readings, and by one of them the token of a device `d%31`
 * names `d1`.
 */
function ownAccess(hub: Hub, token: SasToken, path: string): Pick<Principal, 'rights' | 'scope'> {
  const named = ownerOf(token.resource);
  if (named === undefined || isSwitchedOff(hub, named)) throw unauthorized();
  const { owner, moduleId } = ownerAt(hub, path);
  if ((named.moduleId === undefined) !== (moduleId === undefined)) throw unauthorized();
  const { type, symmetricKey } = owner?.identity.authentication ?? {};
  if (type !== 'sas' || symmetricKey === undefined) throw unauthorized();
  if (!isSignedBy(token, [symmetricKey.primaryKey, symmetricKey.secondaryKey])) throw unauthorized();
  return { rights: ['DeviceConnect'], scope: moduleId === undefined ? 'device' : 'module' };
}

/** Devices' keys and modules' have a switch each (arm-iothub, IotHubProperties: "excluding modules", "module scoped"). */
const isSwitchedOff = ({ settings }: Hub, { moduleId }: { readonly moduleId?: string | undefined }): boolean =>
  moduleId === undefined ? settings.disableDeviceSas : settings.disableModuleSas;

/** The device or module that a path is of: `devices/d1/…`, `devices/d1/modules/m1/…`; not encoded. */
function ownerAt(
  { devices }: Hub,
  path: string,
): { readonly owner: Device | undefined; readonly moduleId: string | undefined } {
  const [, deviceId = '', modules, below] = path.split('/');
  const moduleId = modules?.toLowerCase() === 'modules' ? below : undefined;
  return { owner: moduleId === undefined ? devices.get(deviceId) : devices.module(deviceId, moduleId), moduleId };
}
