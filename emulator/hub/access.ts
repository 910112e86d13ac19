import { HubError } from './errors';
import type { Hub } from './hub';
import { covers, deviceOf, isSignedBy, parseSas, type SasToken } from '../auth/sas';
import type { AccessPolicy, Right } from './settings';

/** Who signed a request, and until when (ms since the epoch). */
export interface Principal {
  readonly rights: readonly Right[];
  readonly expiresAt: number;
}

/** Tokens are refused from their expiry on: on one machine the clocks agree. */
const SKEW_MS = 0;

/**
 * Checks a credential against one hub and one path.
 *
 * @param path where the token is used, without host: `devices/d1`; not encoded
 * @throws HubError IotHubUnauthorizedAccess, with the same text whatever is wrong
 */
export function authenticate(hub: Hub, credential: string | undefined, path: string): Principal {
  // A Bearer token (Entra ID) would be verified here; until then it is a credential like any other wrong one.
  const token = parseSas(credential ?? '');
  if (token === undefined || token.expiresAt + SKEW_MS <= hub.clock.now()) throw unauthorized();
  if (!covers(token.resource, `${hub.hostName}/${path}`)) throw unauthorized();
  return {
    rights: token.policy === undefined ? deviceRights(hub, token) : policyRights(hub, token, token.policy),
    expiresAt: token.expiresAt,
  };
}

/** @throws HubError IotHubUnauthorizedAccess when the principal lacks the right; RegistryWrite includes RegistryRead */
export function requireRight({ rights }: Principal, right: Right): void {
  const held = rights.includes(right) || (right === 'RegistryRead' && rights.includes('RegistryWrite'));
  if (!held) throw unauthorized();
}

/** Refuses; the text is the service's own. */
export const unauthorized = (): HubError => new HubError('IotHubUnauthorizedAccess', 'Unauthorized');

function policyRights(hub: Hub, token: SasToken, name: string): readonly Right[] {
  const policy = hub.settings.policies.find(({ keyName }: AccessPolicy) => keyName === name);
  if (policy === undefined || !isSignedBy(token, [policy.primaryKey, policy.secondaryKey])) throw unauthorized();
  return policy.rights;
}

/** A device's own key allows what devices do, for that device alone: the token must name it. */
function deviceRights(hub: Hub, token: SasToken): readonly Right[] {
  const device = hub.devices.get(deviceOf(token.resource) ?? '');
  const { type, symmetricKey } = device?.identity.authentication ?? {};
  if (type !== 'sas' || symmetricKey === undefined) throw unauthorized();
  if (!isSignedBy(token, [symmetricKey.primaryKey, symmetricKey.secondaryKey])) throw unauthorized();
  return ['DeviceConnect'];
}
