import type { IncomingLink } from '../../wire/amqp/incoming-link';
import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { AmqpRefusal, notFound } from '../../wire/amqp/refusal';
import { RequestNode } from '../../wire/amqp/request-node';
import type { AmqpSession, Credential, MessageSizes } from '../../wire/amqp/service';
import { inTurn, type Turn } from '../../wire/amqp/turn';
import { decodedOrAsIs } from '../../uri';
import type { Logged, Partition } from '../log/partition';
import type { Stream } from '../stream';
import { answerManagement } from './management';
import { positionOf } from './position';
import { readEvents } from './reader';

/** What of a connection a fault may strike. */
export type StreamOperation = 'attach' | 'deliver' | 'send';

/** What an address leads to, for whoever asks for the right. */
export interface Place {
  /** As the client wrote it, without a leading slash. */
  readonly address: string;
  /** The first segment. */
  readonly entity: string;
  /** Of a reader. */
  readonly group?: string;
}

/** The host that a connection came to: it knows the streams, who may do what, and what is to go wrong. */
export interface StreamHost<E extends Logged> {
  /** @param name with any case; undefined when there is none */
  stream(name: string): Stream<E> | undefined;
  /** @returns the token's end, ms since the epoch. @throws AmqpRefusal */
  admit(credential: Credential): number;
  /** @param claim `any`: one of the others will do. @throws AmqpRefusal */
  require(claim: 'Listen' | 'Send' | 'any', place: Place): void;
  /** Takes over a link for sending, to an entity or (with an id) a partition. @throws AmqpRefusal */
  openSender(link: IncomingLink, entity: string, partition: string | undefined): Turn;
  /** @throws AmqpRefusal */
  ask(operation: StreamOperation, deviceId?: string): Turn;
  /** The connection is gone. */
  end(): void;
  readonly messageSizes?: MessageSizes;
}

const MANAGEMENT = '$management';

/** A connection to a host that speaks the protocol of Event Hubs (event-hubs/event-hubs-amqp-protocol-guide.md). */
export class StreamSession<E extends Logged> implements AmqpSession {
  readonly #management: RequestNode;

  constructor(private readonly host: StreamHost<E>) {
    const find = (name: string): Stream<E> | undefined => {
      host.require('any', { address: `${name}/${MANAGEMENT}`, entity: name });
      return host.stream(name);
    };
    this.#management = new RequestNode((request) => answerManagement(find, request));
  }

  get messageSizes(): MessageSizes | undefined {
    return this.host.messageSizes;
  }

  admit(credential: Credential): number {
    return this.host.admit(credential);
  }

  openOutgoing(link: OutgoingLink): Turn {
    if (isManagement(link.address)) return this.#openManagement(link, () => this.#management.addReplies(link));
    return this.#openReader(link);
  }

  openIncoming(link: IncomingLink): Turn {
    if (isManagement(link.address)) return this.#openManagement(link, () => this.#management.addRequests(link));
    const [entity = '', partitions = '', id, ...rest] = link.address.split('/');
    const isPartition = /^partitions$/i.test(partitions) && id !== undefined && rest.length === 0;
    if (partitions !== '' && !isPartition) throw notFound(link.address);
    link.permit(() => this.host.require('Send', { address: link.address, entity }));
    return this.host.openSender(link, entity, id);
  }

  end(): void {
    this.host.end();
  }

  /** Open to everybody who is connected: each request names its entity, for which the right is asked. */
  #openManagement(link: OutgoingLink | IncomingLink, open: () => void): Turn {
    return inTurn(link, [() => this.host.ask('attach')], open);
  }

  #openReader(link: OutgoingLink): Turn {
    const { stream, group, partition } = this.#find(link.address);
    link.permit(() => this.host.require('Listen', { address: link.address, entity: stream.name, group }));
    const ask = (deviceId: string | undefined): Turn => this.host.ask('deliver', deviceId);
    const reading = { stream, group, partition, from: positionOf(link), ask };
    return inTurn(link, [() => this.host.ask('attach')], () => readEvents(reading, link));
  }

  /** @throws AmqpRefusal for an address that is no partition of a consumer group */
  #find(address: string): {
    readonly stream: Stream<E>;
    readonly group: string;
    readonly partition: Partition<E>;
  } {
    const [entity = '', groups = '', group = '', partitions = '', id = '', ...rest] = address.split('/');
    const isReader = /^consumergroups$/i.test(groups) && /^partitions$/i.test(partitions) && rest.length === 0;
    const stream = isReader ? this.host.stream(entity) : undefined;
    const known = stream?.consumerGroups.find((each) => each.toLowerCase() === decodedOrAsIs(group).toLowerCase());
    if (stream === undefined || known === undefined) throw notFound(address);
    return { stream, group: known, partition: partitionIn(stream, id) };
  }
}

/** @throws AmqpRefusal as Event Hubs tells it */
export function partitionIn<E extends Logged>(stream: Stream<E>, id: string): Partition<E> {
  const partition = stream.partition(id);
  if (partition !== undefined) return partition;
  throw new AmqpRefusal(
    'com.microsoft:argument-out-of-range',
    'The specified partition is invalid for an EventHub partition sender or receiver. It should be between ' +
      `0 and ${stream.partitionIds.length - 1}. (Parameter 'PartitionId')`,
  );
}

const isManagement = (address: string): boolean => address.split('/').at(-1)?.toLowerCase() === MANAGEMENT;
