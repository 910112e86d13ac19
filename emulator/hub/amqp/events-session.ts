import { RequestNode } from '../../wire/amqp/request-node';
import type { IncomingLink } from '../../wire/amqp/incoming-link';
import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { AmqpRefusal, notFound, unauthorizedAccess } from '../../wire/amqp/refusal';
import type { AmqpPeer, AmqpSession, Credential } from '../../wire/amqp/service';
import { inTurn, type Turn } from '../../wire/amqp/turn';
import type { Partition } from '../events/partition';
import type { Hub } from '../hub';
import { decodedOrAsIs } from '../../uri';
import { admitToEvents, entityOf, requireEvents } from './events-access';
import { readEvents } from './events-reader';
import { disturbanceOf, type HubDisturbance } from './disturbance';
import { answerManagement } from './management';
import { positionOf } from './position';
import { asked, eventsRefusalOf } from './refusals';

const MANAGEMENT = '$management';

/** A connection to the Event-Hub-compatible endpoint of a hub. */
export class EventsSession implements AmqpSession {
  readonly #management: RequestNode;
  readonly #disturbance: HubDisturbance;

  constructor(
    private readonly hub: Hub,
    private readonly peer: AmqpPeer,
  ) {
    hub.amqpPeers.add(peer);
    this.#disturbance = disturbanceOf(hub, peer);
    this.#management = new RequestNode((request) => answerManagement(this.hub, request));
  }

  admit(credential: Credential): number {
    return admitToEvents(this.hub, credential);
  }

  openOutgoing(link: OutgoingLink): Turn {
    if (isManagement(link.address)) return this.#openManagement(link, () => this.#management.addReplies(link));
    return this.#openReader(link);
  }

  openIncoming(link: IncomingLink): Turn {
    if (isManagement(link.address)) return this.#openManagement(link, () => this.#management.addRequests(link));
    // The policies of an IoT hub let nobody send: devices do, through the hub.
    throw unauthorizedAccess(`Unauthorized access. 'Send' claim(s) are required to perform this operation.`);
  }

  end(): void {
    this.hub.amqpPeers.delete(this.peer);
  }

  #openManagement(link: OutgoingLink | IncomingLink, open: () => void): Turn {
    link.permit(() => requireEvents(this.hub, this.peer, `${entityOf(this.hub)}/${MANAGEMENT}`));
    return inTurn(link, [() => this.#ask('events.attach')], open);
  }

  #openReader(link: OutgoingLink): Turn {
    const { group, partition } = this.#find(link.address);
    link.permit(() => requireEvents(this.hub, this.peer, link.address));
    const ask = (deviceId: string): Turn => this.#ask('events.deliver', deviceId);
    const reading = { hub: this.hub, group, partition, from: positionOf(link), ask };
    return inTurn(link, [() => this.#ask('events.attach')], () => readEvents(reading, link));
  }

  /** @throws AmqpRefusal */
  #ask(operation: 'events.attach' | 'events.deliver', deviceId?: string): Turn {
    return asked(() => this.#disturbance.turn(operation, deviceId), eventsRefusalOf);
  }

  /** @throws AmqpRefusal for an address that is no partition of a consumer group */
  #find(address: string): { group: string; partition: Partition } {
    const [entity = '', groups = '', group = '', partitions = '', id = '', ...rest] = address.split('/');
    const isReader = /^consumergroups$/i.test(groups) && /^partitions$/i.test(partitions) && rest.length === 0;
    if (!isReader || entity.toLowerCase() !== entityOf(this.hub)) throw notFound(address);
    const known = ['$Default', ...this.hub.settings.consumerGroups].find(
      (each) => each.toLowerCase() === decodedOrAsIs(group).toLowerCase(),
    );
    if (known === undefined) throw notFound(address);
    const partition = this.hub.events.partition(id);
    if (partition === undefined) {
      throw new AmqpRefusal(
        'com.microsoft:argument-out-of-range',
        'The specified partition is invalid for an EventHub partition sender or receiver. It should be between ' +
          `0 and ${this.hub.events.partitionIds.length - 1}. (Parameter 'PartitionId')`,
      );
    }
    return { group: known, partition };
  }
}

const isManagement = (address: string): boolean => address.split('/').at(-1)?.toLowerCase() === MANAGEMENT;
