import { timingSafeEqual } from 'node:crypto';
import type { AppPrincipal } from '../entra/principal';
import type { ServiceIdentity } from '../storage/containers';
import { partsOf } from '../storage/client';
import { unauthorizedAccess } from '../wire/amqp/refusal';
import type { TakenApart } from '../wire/amqp/sections';
import { SEND_ACTION } from './access';
import { EVENTS_HOST_PATTERN } from '../names';
import type { EventHub } from './event-hub';
import { partitionOfKey } from './log/partition-key';
import type { Namespace, Namespaces } from './namespaces';

/** Where a service sends, and as whom. */
export interface Destination {
  /** Host name of the namespace. */
  readonly host: string;
  readonly eventHub: string;
  /** With the key of a policy; as an identity of the service unless given. A secret. */
  readonly connectionString?: string | undefined;
  /** Id of the service in the Resource Manager. */
  readonly resourceId: string;
  /** Id of the identity to go by; the service's own unless given. */
  readonly userAssignedIdentity?: string | undefined;
}

/** The emulator's own event hubs, as other services in this process reach them: as their Azure selves would. */
export interface EventHubClients {
  /**
   * Sends an event.
   *
   * @param key events of one key keep their order
   * @throws Error when there is no such event hub, it takes none, or the service may not send to it
   */
  send(to: Destination, event: TakenApart, key: string): void;
}

/** For services without event hubs beside them, such as those of unit tests. */
export const noEventHubs: EventHubClients = {
  send() {
    throw new Error('there are no event hubs here');
  },
};

/** @param principalOf the principal of a service's managed identity; undefined when it has no such identity */
export const eventHubClients = (
  namespaces: Namespaces,
  principalOf: (identity: ServiceIdentity) => AppPrincipal | undefined,
): EventHubClients => ({
  send(to, event, key) {
    const [, name = ''] = EVENTS_HOST_PATTERN.exec(to.host) ?? [];
    const namespace = namespaces.get(name);
    const eventHub = namespace?.get(to.eventHub);
    if (namespace === undefined || eventHub === undefined)
      throw new Error(`there is no event hub '${to.eventHub}' at ${to.host}`);
    if (to.connectionString === undefined) requireRole(namespace, eventHub, to, principalOf(to));
    else requireKey(namespace, eventHub, to.connectionString);
    namespace.ingress.take(1, event.bare.length);
    eventHub.append([event], eventHub.partition(String(partitionOfKey(key, eventHub.partitionIds.length))));
  },
});

function requireRole(
  { authority, idOf }: Namespace,
  { name }: EventHub,
  { userAssignedIdentity }: Destination,
  principal: AppPrincipal | undefined,
): void {
  if (principal === undefined) throw new Error(`it has no ${userAssignedIdentity ?? 'system-assigned'} identity`);
  const { objectId } = principal;
  if (authority.allows({ objectId, expiresAt: Infinity }, idOf(name), SEND_ACTION)) return;
  throw unauthorizedAccess(
    `Unauthorized access. 'Send' claim(s) are required to perform this operation. Principal: ${objectId}.`,
  );
}

function requireKey({ settings }: Namespace, eventHub: EventHub, connectionString: string): void {
  const { SharedAccessKeyName: policy = '', SharedAccessKey: key = '' } = partsOf(connectionString);
  const isRight = [...settings.rules, ...eventHub.settings.rules].some(
    ({ keyName, primaryKey, secondaryKey, rights }) =>
      keyName.toLowerCase() === policy.toLowerCase() &&
      [primaryKey, secondaryKey].some((one) => same(one, key)) &&
      (rights.includes('Send') || rights.includes('Manage')),
  );
  if (settings.disableLocalAuth || !isRight) throw unauthorizedAccess(`Unauthorized access. Policy: ${policy}.`);
}

const same = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
