import { covers, isSignedBy, parseSas } from '../../auth/sas';
import { eventsHostName } from '../../names';
import { unauthorizedAccess } from '../../wire/amqp/refusal';
import type { AmqpPeer, Credential } from '../../wire/amqp/service';
import type { Hub } from '../hub';

/** Entity of the Event-Hub-compatible endpoint: the hub's name in lower case (arm-iothub, `path`). */
export const entityOf = (hub: Hub): string => hub.name.toLowerCase();

/** Whether a token is good now. @returns its end, ms since the epoch. @throws AmqpRefusal */
export function admitToEvents(hub: Hub, { kind, token: text }: Credential): number {
  // The endpoint takes shared access policies only (iot-hub/iot-hub-dev-guide-azure-ad-rbac.md, "Built-in endpoint").
  const token = kind === 'sas' ? parseSas(text) : undefined;
  const policy = hub.settings.policies.find(({ keyName }) => keyName === token?.policy);
  if (token === undefined || policy === undefined || token.expiresAt <= Date.now()) throw unauthorizedAccess();
  if (hub.settings.disableLocalAuth || !policy.rights.includes('ServiceConnect')) throw unauthorizedAccess();
  if (!isSignedBy(token, [policy.primaryKey, policy.secondaryKey], 'utf8')) throw unauthorizedAccess();
  return token.expiresAt;
}

/**
 * Asks for a token that covers an address of the endpoint. Entities and consumer groups are compared without case.
 *
 * @throws AmqpRefusal
 */
export function requireEvents(hub: Hub, peer: AmqpPeer, address: string): void {
  const uri = `${eventsHostName(hub.name)}/${address}`.toLowerCase();
  const isCovered = ({ token }: Credential): boolean => covers(parseSas(token)?.resource.toLowerCase() ?? '', uri);
  if (!peer.credentials().some(isCovered)) {
    throw unauthorizedAccess(`Unauthorized access. 'Listen' claim(s) are required to perform this operation. ${uri}`);
  }
}
