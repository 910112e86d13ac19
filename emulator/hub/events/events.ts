import type { Device } from '../hub-device';
import { BUILT_IN, Router } from '../routing/router';
import { StorageSink, type RoutedRecord } from '../routing/storage-sink';
import type { World } from '../../world/world';
import type { HubSettings, StorageEndpoint } from '../settings';
import { valuesOf } from '../twin/merge';
import type { JsonObject } from '../../world/json';
import type { EventSource, HubEvent } from './event';
import { Partition, type LoggedEvent } from './partition';

export type { LoggedEvent } from './partition';

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
  readonly #partitions: readonly Partition[];
  readonly #router: Router;
  readonly #sinks = new Map<string, StorageSink>();

  constructor(
    private readonly hub: EventsHub,
    private readonly world: World,
  ) {
    const path = `hubs/${hub.name.toLowerCase()}`;
    this.createdAt = this.#loadCreation(path);
    this.#partitions = this.#load(path);
    this.#loadSinks(path);
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
    const partition = this.#partitions[hashOf(event.deviceId) % this.#partitions.length];
    for (const { endpoint, event: routed } of this.#router.deliveries(whole, now)) {
      if (endpoint === BUILT_IN) partition?.append(routed, now);
      else this.#sinkOf(endpoint)?.add(routed, partition?.id ?? '0', now);
    }
  }

  /** Whether somebody would receive events of this source: what they tell need not be worked out otherwise. */
  wants(source: EventSource): boolean {
    return this.#router.wants(source);
  }

  /** Ids are `0` to n - 1. */
  partition(id: string): Partition | undefined {
    return this.#partitions.find((partition) => partition.id === id);
  }

  get partitionIds(): string[] {
    return this.#partitions.map(({ id }) => id);
  }

  /** Stops timers; what waits stays in the store. */
  async close(): Promise<void> {
    await Promise.all([...this.#sinks.values()].map((sink) => sink.close()));
  }

  #withGeneration(event: HubEvent): HubEvent {
    const generationId = this.hub.find(event.deviceId, event.moduleId)?.identity.generationId;
    return generationId === undefined ? event : { ...event, generationId };
  }

  #loadCreation(path: string): number {
    const collection = this.world.store.collection<number>(`${path}/eventsEndpoint`);
    const [[, kept] = []] = collection.entries();
    if (kept === undefined) collection.put('createdAt', this.world.clock.now());
    return kept ?? this.world.clock.now();
  }

  #load(path: string): Partition[] {
    const collection = this.world.store.collection<LoggedEvent>(`${path}/events`);
    const kept: LoggedEvent[][] = Array.from({ length: this.hub.settings().events.partitionCount }, () => []);
    for (const [key, event] of collection.entries()) kept[Number(key.split('/', 1)[0])]?.push(event);
    const retentionDays = (): number => this.hub.settings().events.retentionDays;
    return kept.map((events, i) => new Partition(String(i), collection, events, retentionDays));
  }

  /** Endpoints with messages that wait since before a restart. */
  #loadSinks(path: string): void {
    const waiting = new Map<string, RoutedRecord[]>();
    for (const [key, record] of this.#routed(path).entries()) {
      const endpoint = key.slice(0, key.lastIndexOf('/'));
      waiting.set(endpoint, [...(waiting.get(endpoint) ?? []), record]);
    }
    for (const [endpoint, records] of waiting) this.#sinks.set(endpoint, this.#makeSink(endpoint, records));
  }

  #routed = (path: string) => this.world.store.collection<RoutedRecord>(`${path}/routed`);

  #sinkOf(name: string): StorageSink | undefined {
    if (this.#endpoint(name) === undefined) return undefined;
    const sink = this.#sinks.get(name) ?? this.#makeSink(name, []);
    this.#sinks.set(name, sink);
    return sink;
  }

  #makeSink(name: string, waiting: readonly RoutedRecord[]): StorageSink {
    const kept = this.#routed(`hubs/${this.hub.name.toLowerCase()}`);
    const hub = { name: this.hub.name, resourceId: () => this.hub.settings().resourceId };
    return new StorageSink(this.world, hub, () => this.#endpoint(name), kept, waiting, name);
  }

  #endpoint = (name: string): StorageEndpoint | undefined =>
    this.hub.settings().routing.storage.find((endpoint) => endpoint.name.toLowerCase() === name);
}

/** A twin as conditions and enrichments see it. */
const twinOf = (device: Device | undefined): JsonObject | undefined =>
  device && {
    tags: device.twin.tags,
    properties: { desired: valuesOf(device.twin.desired), reported: valuesOf(device.twin.reported) },
  };

/** FNV-1a, 32 bits: the same device always has the same partition, as its messages must keep their order. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
