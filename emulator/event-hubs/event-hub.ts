import { types, type Message } from 'rhea';
import { AmqpRefusal } from '../wire/amqp/refusal';
import { deliveryAnnotations, putTogether, type TakenApart } from '../wire/amqp/sections';
import type { Clock } from '../world/clock';
import type { Store } from '../world/store';
import { placeAnnotations } from './amqp/last-enqueued';
import { Readers } from './amqp/readers';
import { partitionOfKey } from './log/partition-key';
import { Partition, type Logged } from './log/partition';
import type { EventHubSettings } from './settings';
import { DEFAULT_GROUP, type Stream } from './stream';

/** An event as an event hub keeps it; plain data. */
export interface StoredEvent extends Logged {
  /** The whole message, with the annotations that readers see. */
  readonly bytes: Uint8Array;
}

/** What a sender gives. */
export interface NewEvent extends TakenApart {
  /** Events of one key come to one partition. */
  readonly partitionKey?: string | undefined;
}

/** Bytes that a partition keeps: a named setting (docs/emulator/events.md). */
const MOST_BYTES = 64 * 1024 * 1024;
const OVERHEAD_BYTES = 64;
const PARTITION_KEY = 'x-opt-partition-key';

export interface EventHubParts {
  readonly name: string;
  /** Ms since the epoch. */
  readonly createdAt: number;
  /** Read at every use: a change takes effect at once. */
  readonly settings: () => EventHubSettings;
  readonly clock: Clock;
  readonly store: Store;
  /** Where events are kept. */
  readonly path: string;
}

/** An event hub of a namespace. */
export class EventHub implements Stream<StoredEvent> {
  readonly name: string;
  readonly createdAt: number;
  readonly clock: Clock;
  readonly readers = new Readers();
  readonly #partitions: readonly Partition<StoredEvent>[];
  readonly #store: Store;
  readonly #settings: () => EventHubSettings;
  /** Events without a key go to the partitions in turn. */
  #turn = 0;

  constructor({ name, createdAt, settings, clock, store, path }: EventHubParts) {
    this.name = name;
    this.createdAt = createdAt;
    this.clock = clock;
    this.#store = store;
    this.#settings = settings;
    const collection = store.collection<StoredEvent>(path);
    const kept: StoredEvent[][] = Array.from({ length: settings().partitionCount }, () => []);
    for (const [key, event] of collection.entries()) kept[Number(key.split('/', 1)[0])]?.push(event);
    const retentionMs = (): number => this.#settings().retentionMs;
    const keeping = { retentionMs, mostBytes: MOST_BYTES, sizeOf };
    this.#partitions = kept.map((events, i) => new Partition(String(i), collection, events, keeping));
  }

  get settings(): EventHubSettings {
    return this.#settings();
  }

  get partitionIds(): string[] {
    return this.#partitions.map(({ id }) => id);
  }

  get consumerGroups(): string[] {
    return [DEFAULT_GROUP, ...this.#settings().consumerGroups];
  }

  partition(id: string): Partition<StoredEvent> | undefined {
    return this.#partitions.find((partition) => partition.id === id);
  }

  /**
   * Takes events that were sent together: they go to one partition, and are kept all or not at all.
   *
   * @param to a partition; by the first event's key, or in turn, unless given
   * @throws AmqpRefusal while the event hub takes none
   */
  append(events: readonly NewEvent[], to?: Partition<StoredEvent>): void {
    const { status } = this.#settings();
    if (status === 'Disabled' || status === 'SendDisabled') throw disabled(this.name);
    const partition = to ?? this.#partitionFor(events[0]?.partitionKey);
    const now = this.clock.now();
    this.#store.batch(() => {
      for (const event of events) partition?.append((place) => ({ ...place, bytes: bytesOf(event, place) }), now);
    });
  }

  /** @throws AmqpRefusal while nobody may read */
  requireReadable(): void {
    const { status } = this.#settings();
    if (status === 'Disabled' || status === 'ReceiveDisabled') throw disabled(this.name);
  }

  messageOf({ bytes }: StoredEvent, metrics: Message['delivery_annotations']): Buffer {
    const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return metrics === undefined ? message : Buffer.concat([deliveryAnnotations(metrics), message]);
  }

  /** Events are no device's here, whoever sent them. */
  deviceOf(): undefined {
    return undefined;
  }

  #partitionFor(key: string | undefined): Partition<StoredEvent> | undefined {
    const count = this.#partitions.length;
    return this.#partitions[key === undefined ? this.#turn++ % count : partitionOfKey(key, count)];
  }
}

const bytesOf = ({ annotations, bare, partitionKey }: NewEvent, place: Logged): Uint8Array =>
  putTogether(
    {
      ...annotations,
      ...placeAnnotations(place),
      ...(partitionKey !== undefined && { [PARTITION_KEY]: types.wrap_string(partitionKey) }),
    },
    bare,
  );

/** The key that a sender has given an event. */
export const keyIn = ({ annotations }: TakenApart): string | undefined => {
  const key = annotations[PARTITION_KEY];
  return typeof key === 'string' ? key : undefined;
};

const sizeOf = ({ bytes }: StoredEvent): number => OVERHEAD_BYTES + bytes.length;

const disabled = (name: string): AmqpRefusal =>
  new AmqpRefusal('com.microsoft:entity-disabled', `Messaging entity '${name}' is currently disabled.`);
