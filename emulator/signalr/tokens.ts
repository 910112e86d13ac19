import * as jwt from 'jsonwebtoken';

import { SIGNALR_AUDIENCE } from '../entra/audiences';
import { SIGNALR_SUFFIX } from '../names';
import type { World } from '../world/world';
import { forbidden, unauthorized } from './errors';
import type { SignalRService } from './service';

/** Who a client said to be, in the words of the official server library and of the REST API (rest-api.md, "User-related"). */
const USER_CLAIMS = [
  'asrs.s.uid',
  'nameid',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier',
] as const;

const endpointOf = (service: SignalRService): string => `https://${service.name.toLowerCase()}.${SIGNALR_SUFFIX}`;

/** What a client's token has to be for: the address that its server has sent it to. */
const clientAudience = (service: SignalRService, hub: string): string =>
  `${endpointOf(service)}/client/?hub=${hub.toLowerCase()}`;

/**
 * Checks the token of a client of a hub.
 *
 * @returns the user's id; undefined when the token names nobody
 * @throws SignalRError 401
 */
export function userOf(service: SignalRService, token: string | undefined, hub: string): string | undefined {
  const keyId = headerOf(token)?.kid;
  const own = keyId === undefined || !service.settings.hasEntraAuth ? undefined : service.signingKeys.find(keyId);
  const claims = verified(token, own === undefined ? accessKeysOf(service) : [own.accessKey]);
  requireAudience(claims, clientAudience(service, hub));
  const users = USER_CLAIMS.map((claim) => claims[claim] as unknown).filter((user) => typeof user === 'string');
  return users[0];
}

/** A token for a client, signed with a key that only the service has. @param userId undefined for nobody */
export function clientToken(
  service: SignalRService,
  hub: string,
  { userId, minutes }: { readonly userId: string | undefined; readonly minutes: number },
): string {
  const { id, accessKey } = service.signingKeys.current(minutes * 60_000);
  const claims = userId === undefined ? {} : { nameid: userId };
  const audience = clientAudience(service, hub);
  return jwt.sign(claims, accessKey, { algorithm: 'HS256', keyid: id, audience, expiresIn: minutes * 60 });
}

/** A request to the REST API, as far as its caller's right to it goes. */
export interface Call {
  readonly authorization: string | undefined;
  /** As it was sent, without the query. */
  readonly path: string;
  /** What a role must allow, such as `Microsoft.SignalRService/SignalR/hub/send/action`. */
  readonly dataAction: string;
}

/** Lets a caller with an access key or a role pass. @throws SignalRError 401 or 403 */
export function authorize({ authority }: Pick<World, 'authority'>, service: SignalRService, call: Call): void {
  const token = bearerOf(call.authorization);
  if (headerOf(token)?.alg === 'HS256') {
    const address = `${endpointOf(service)}${call.path.replace(/\/+$/, '')}`;
    requireAudience(verified(token, accessKeysOf(service)), address);
    return;
  }
  if (token === undefined || !service.settings.hasEntraAuth) throw unauthorized('No token that is good here was sent.');
  const principal = principalOf(authority, token);
  if (authority.allows(principal, service.settings.resourceId, call.dataAction)) return;
  throw forbidden(`No role of ${principal.objectId} allows ${call.dataAction} on ${service.settings.resourceId}.`);
}

export const bearerOf = (authorization: string | undefined): string | undefined =>
  /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];

const accessKeysOf = ({ keys }: SignalRService): string[] => (keys ? [keys.primaryKey, keys.secondaryKey] : []);

function headerOf(token: string | undefined): jwt.JwtHeader | undefined {
  try {
    return token === undefined ? undefined : jwt.decode(token, { complete: true })?.header;
  } catch {
    return undefined; // its parts are no JSON
  }
}

/** @throws SignalRError 401 unless one of the keys has signed it, and it says when it ends */
function verified(token: string | undefined, keys: readonly string[]): jwt.JwtPayload {
  if (token === undefined) throw unauthorized('No token was sent.');
  if (keys.length === 0) throw unauthorized('Access keys are switched off, or the key of the token has gone.');
  const attempts = keys.map((key) => attempt(token, key));
  const good = attempts.find((each) => typeof each !== 'string');
  if (good === undefined) throw unauthorized(attempts.filter((each) => typeof each === 'string')[0] ?? '');
  if (good.exp === undefined) throw unauthorized('The token has no exp: it would be good for ever.');
  return good;
}

/** @returns what is wrong with it, in words, when something is */
function attempt(token: string, key: string): jwt.JwtPayload | string {
  try {
    const claims = jwt.verify(token, key, { algorithms: ['HS256'] });
    return typeof claims === 'string' ? 'The token holds no claims.' : claims;
  } catch (error) {
    return `The token is refused: ${error instanceof Error ? error.message : String(error)}.`;
  }
}

/** Hosts and hubs have no case, and libraries differ in it. @throws SignalRError 401 */
function requireAudience({ aud }: jwt.JwtPayload, wanted: string): void {
  const given = [aud ?? []].flat();
  if (given.some((each) => each.toLowerCase() === wanted.toLowerCase())) return;
  throw unauthorized(`The token is for '${given.join(', ')}', not for '${wanted}'.`);
}

/** @throws SignalRError 401 */
function principalOf(authority: World['authority'], token: string): ReturnType<World['authority']['principalOf']> {
  try {
    return authority.principalOf(token, SIGNALR_AUDIENCE);
  } catch (error) {
    throw unauthorized(error instanceof Error ? error.message : String(error));
  }
}
