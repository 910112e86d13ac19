import type { Device } from '../hub-device';
import { BUILT_IN, Router } from '../routing/router';
import { EventHubSink, type WaitingEvent } from '../routing/event-hub-sink';
import type { Health, Sink } from '../routing/sink';
import { StorageSink, type RoutedRecord } from '../routing/storage-sink';
import type { Collection } from '../../world/store';
import type { World } from '../../world/world';
import type { HubSettings } from '../settings';
import { valuesOf } from '../twin/merge';
import type { JsonObject } from '../../world/json';
import type { EventSource, HubEvent } from './event';
import { partitionOfKey } from '../../event-hubs/log/partition-key';
import { Partition, type Keeping, type Logged } from '../../event-hubs/log/partition';
import { DEFAULT_GROUP } from '../../event-hubs/stream';

/** An event in its place; plain data, kept in the store as it is. */
export type LoggedEvent = Omit<HubEvent, 'body'> & Logged & { readonly body: Uint8Array };

/** Bodies and properties that a partition keeps: a named setting (docs/emulator/events.md). */
const MOST_BYTES = 16 * 1024 * 1024;
/** What an event costs beside its texts, about. */
const OVERHEAD_BYTES = 256;
const DAY_MS = 86_400_000;

/** What events are asked of the hub that they belong to. */
export interface EventsHub {
  readonly name: string;
  /** Read at every event, so that a change takes effect at once; the number of partitions never changes. */
  readonly settings: () => HubSettings;
  readonly find: (deviceId: string, moduleId: string | undefined) => Device | undefined;
}

/** Where the events of a hub pass through: routing decides, the built-in endpoint keeps them in its partitions. */
export class Events {
  /** Events taken since the process started. */
  received = 0;
  /** When the endpoint was made, ms since the epoch. */
  readonly createdAt: number;
  readonly #partitions: readonly Partition<LoggedEvent>[];
  readonly #router: Router;
  readonly #path: string;
  readonly #sinks = new Map<string, Sink>();

  constructor(
    private readonly hub: EventsHub,
    private readonly world: World,
  ) {
    this.#path = `hubs/${hub.name.toLowerCase()}`;
    this.createdAt = this.#loadCreation();
    this.#partitions = this.#load();
    this.#loadSinks();
    this.#router = new Router({
      name: hub.name,
      routing: () => hub.settings().routing,
      twinOf: (deviceId, moduleId) => twinOf(hub.find(deviceId, moduleId)),
    });
  }

  /** Takes an event: it is kept wherever it goes once this returns. */
  publish(event: HubEvent): void {
    this.received += 1;
    const now = this.world.clock.now();
    const whole = event.generationId === undefined ? this.#withGeneration(event) : event;
    const partition = this.#partitions[partitionOfKey(event.deviceId, this.#partitions.length)];
    for (const { endpoint, event: routed } of this.#router.deliveries(whole, now)) {
      if (endpoint === BUILT_IN)
        partition?.append((place) => ({ ...place, ...routed }), now); // in this order: V8 is slow else
      else this.#sinkOf(endpoint)?.add(routed, partition?.id ?? '0', now);
    }
  }

  /** Whether somebody would receive events of this source: what they tell need not be worked out otherwise. */
  wants(source: EventSource): boolean {
    return this.#router.wants(source);
  }

  /** Ids are `0` to n - 1. */
  partition(id: string): Partition<LoggedEvent> | undefined {
    return this.#partitions.find((partition) => partition.id === id);
  }

  get partitionIds(): string[] {
    return this.#partitions.map(({ id }) => id);
  }

  get consumerGroups(): string[] {
    return [DEFAULT_GROUP, ...this.hub.settings().consumerGroups];
  }

  /** Stops timers; what waits stays in the store. */
  async close(): Promise<void> {
    await Promise.all([...this.#sinks.values()].map((sink) => sink.close()));
  }

  #withGeneration(event: HubEvent): HubEvent {
    const generationId = this.hub.find(event.deviceId, event.moduleId)?.identity.generationId;
    return generationId === undefined ? event : { ...event, generationId };
  }

  #loadCreation(): number {
    const collection = this.world.store.collection<number>(`${this.#path}/eventsEndpoint`);
    const [[, kept] = []] = collection.entries();
    if (kept === undefined) collection.put('createdAt', this.world.clock.now());
    return kept ?? this.world.clock.now();
  }

  #load(): Partition<LoggedEvent>[] {
    const collection = this.world.store.collection<LoggedEvent>(`${this.#path}/events`);
    const kept: LoggedEvent[][] = Array.from({ length: this.hub.settings().events.partitionCount }, () => []);
    for (const [key, event] of collection.entries()) kept[Number(key.split('/', 1)[0])]?.push(event);
    const retentionMs = (): number => this.hub.settings().events.retentionDays * DAY_MS;
    const keeping: Keeping<LoggedEvent> = { retentionMs, mostBytes: MOST_BYTES, sizeOf };
    return kept.map((events, i) => new Partition(String(i), collection, events, keeping));
  }

  /** What is known of an endpoint; undefined when nothing was ever sent there. */
  healthOf(endpoint: string): Health | undefined {
    const name = endpoint.toLowerCase();
    return this.#sinks.get(keyOf(this.#kindOf(name), name))?.health;
  }

  /** Endpoints with messages that wait since before a restart. */
  #loadSinks(): void {
    for (const name of waitingIn(this.#routed)) this.#makeSink('storage', name);
    for (const name of waitingIn(this.#routedEvents)) this.#makeSink('eventHub', name);
  }

  get #routed(): Collection<RoutedRecord> {
    return this.world.store.collection(`${this.#path}/routed`);
  }

  get #routedEvents(): Collection<WaitingEvent> {
    return this.world.store.collection(`${this.#path}/routedEvents`);
  }

  #sinkOf(name: string): Sink | undefined {
    const kind = this.#kindOf(name);
    return kind && (this.#sinks.get(keyOf(kind, name)) ?? this.#makeSink(kind, name));
  }

  #makeSink(kind: SinkKind, name: string): Sink {
    const hub = { name: this.hub.name, resourceId: () => this.hub.settings().resourceId };
    const sink =
      kind === 'storage'
        ? new StorageSink(
            this.world,
            hub,
            () => find(this.hub.settings().routing.storage, name),
            this.#routed,
            recordsOf(this.#routed, name),
            name,
          )
        : new EventHubSink(
            this.world,
            hub,
            () => find(this.hub.settings().routing.eventHubs, name),
            this.#routedEvents,
            recordsOf(this.#routedEvents, name),
            name,
          );
    this.#sinks.set(keyOf(kind, name), sink);
    return sink;
  }

  #kindOf(name: string): SinkKind | undefined {
    const { storage, eventHubs } = this.hub.settings().routing;
    if (find(storage, name) !== undefined) return 'storage';
    return find(eventHubs, name) === undefined ? undefined : 'eventHub';
  }
}

type SinkKind = 'storage' | 'eventHub';

const keyOf = (kind: SinkKind | undefined, name: string): string => `${kind ?? ''} ${name}`;

const find = <E extends { readonly name: string }>(endpoints: readonly E[], name: string): E | undefined =>
  endpoints.find((endpoint) => endpoint.name.toLowerCase() === name);

/** Records are kept as `<endpoint>/<number>`. */
const endpointIn = (key: string): string => key.slice(0, key.lastIndexOf('/'));

const waitingIn = (collection: Collection<unknown>): Set<string> =>
  new Set([...collection.entries()].map(([key]) => endpointIn(key)));

const recordsOf = <R>(collection: Collection<R>, name: string): R[] =>
  [...collection.entries()].filter(([key]) => endpointIn(key) === name).map(([, record]) => record);

/** A twin as conditions and enrichments see it. */
const twinOf = (device: Device | undefined): JsonObject | undefined =>
  device && {
    tags: device.twin.tags,
    properties: { desired: valuesOf(device.twin.desired), reported: valuesOf(device.twin.reported) },
  };

/** What {@link MOST_BYTES} and offsets count. */
function sizeOf({ body, properties }: LoggedEvent): number {
  let size = OVERHEAD_BYTES + body.length;
  for (const key in properties) size += key.length + (properties[key]?.length ?? 0);
  return size;
}
