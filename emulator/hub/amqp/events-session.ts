import { RequestNode } from '../../wire/amqp/request-node';
import type { IncomingLink } from '../../wire/amqp/incoming-link';
import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { AmqpRefusal, notFound, unauthorizedAccess } from '../../wire/amqp/refusal';
import type { AmqpPeer, AmqpSession, Credential } from '../../wire/amqp/service';
import type { Partition } from '../events/partition';
import type { Hub } from '../hub';
import { decodedOrAsIs } from '../../uri';
import { admitToEvents, entityOf, requireEvents } from './events-access';
import { readEvents } from './events-reader';
import { answerManagement } from './management';
import { positionOf } from './position';

const MANAGEMENT = '$management';

/** A connection to the Event-Hub-compatible endpoint of a hub. */
export class EventsSession implements AmqpSession {
  readonly #management: RequestNode;

  constructor(
    private readonly hub: Hub,
    private readonly peer: AmqpPeer,
  ) {
    hub.amqpPeers.add(peer);
    this.#management = new RequestNode((request) => answerManagement(this.hub, request));
  }

  admit(credential: Credential): number {
    return admitToEvents(this.hub, credential);
  }

  openOutgoing(link: OutgoingLink): void {
    if (isManagement(link.address)) this.#openManagement(link, () => this.#management.addReplies(link));
    else this.#openReader(link);
  }

  openIncoming(link: IncomingLink): void {
    if (isManagement(link.address)) this.#openManagement(link, () => this.#management.addRequests(link));
    // The policies of an IoT hub let nobody send: devices do, through the hub.
    else throw unauthorizedAccess(`Unauthorized access. 'Send' claim(s) are required to perform this operation.`);
  }

  end(): void {
    this.hub.amqpPeers.delete(this.peer);
  }

  #openManagement(link: OutgoingLink | IncomingLink, open: () => void): void {
    link.permit(() => requireEvents(this.hub, this.peer, `${entityOf(this.hub)}/${MANAGEMENT}`));
    open();
  }

  #openReader(link: OutgoingLink): void {
    const { group, partition } = this.#find(link.address);
    link.permit(() => requireEvents(this.hub, this.peer, link.address));
    readEvents({ hub: this.hub, group, partition, from: positionOf(link) }, link);
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
