import { ownerOf, parseSas, type SasToken } from '../../auth/sas';
import { AmqpRefusal, unauthorizedAccess } from '../../wire/amqp/refusal';
import type { AmqpPeer, Credential, Login } from '../../wire/amqp/service';
import { authenticate, requireAccess, type DataAction } from '../access';
import { HubError } from '../errors';
import type { Hub } from '../hub';
import type { Right } from '../settings';
import { decodedOrAsIs } from '../../uri';
import { asked } from './refusals';

/** What a link asks of whoever opens it. */
export interface Requirement {
  readonly right: Right;
  /** For Entra tokens; none: the link is not for them. */
  readonly actions: readonly DataAction[];
}

const textOf = ({ kind, token }: Credential): string => (kind === 'jwt' ? `Bearer ${token}` : token);

/**
 * Judges a token as it is put to `$cbs`.
 *
 * @param audience `host`, `host/devices/d1` (encoded or not, with or without a scheme), or the scope of an Entra token
 * @returns its end, ms since the epoch
 * @throws AmqpRefusal
 */
export function admitToHub(hub: Hub, credential: Credential, audience: string): number {
  const path = credential.kind === 'jwt' ? '' : pathOf(audience);
  return asked(() => authenticate(hub, textOf(credential), path).expiresAt);
}

const POLICY = /^(.+)@sas\.root\.([^@]+)$/i;
const DEVICE = /^(.+)@sas\.([^@]+)$/i;

/**
 * Judges a token that came by SASL PLAIN: of a policy as `{policy}@sas.root.{hub}`, of a device as `{device}@sas.{hub}`
 * (iot-hub/iot-hub-amqp-support.md; iot-hub-devguide-security.md, "Protocol specifics"). What it may do is asked for each link.
 *
 * @returns its end, ms since the epoch; undefined when it does not let the client in
 */
export function signInToHub(hub: Hub, { username, password }: Login): number | undefined {
  const token = parseSas(password);
  if (token === undefined || !isNamed(hub, username, token)) return undefined;
  try {
    return admitToHub(hub, { kind: 'sas', token: password }, token.resource);
  } catch (error) {
    if (error instanceof AmqpRefusal) return undefined;
    throw error;
  }
}

/** Whether the user name is of the token's policy, or of the device that the token is for. */
function isNamed(hub: Hub, username: string, { policy, resource }: SasToken): boolean {
  const [, name, hubName] = POLICY.exec(username) ?? DEVICE.exec(username) ?? [];
  if (hubName?.toLowerCase() !== hub.name.toLowerCase()) return false;
  return name === (POLICY.test(username) ? policy : ownerOf(resource)?.deviceId);
}

const pathOf = (audience: string): string =>
  decodedOrAsIs(audience)
    .replace(/^[a-z]+:\/\//i, '')
    .split('/')
    .slice(1)
    .join('/');

/** Asks for a token, among those put, that allows what the link is for. @throws AmqpRefusal */
export function requireHub(hub: Hub, peer: AmqpPeer, path: string, requirement: Requirement): void {
  if (!peer.credentials().some((credential) => allows(hub, credential, path, requirement))) throw unauthorizedAccess();
}

function allows(hub: Hub, credential: Credential, path: string, requirement: Requirement): boolean {
  try {
    const principal = authenticate(hub, textOf(credential), path);
    requireAccess(hub, principal, requirement, { method: 'AMQP', path: `/${path}` });
    return true;
  } catch (error) {
    if (error instanceof HubError) return false;
    throw error;
  }
}
