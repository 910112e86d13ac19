import type { World } from '../../world/world';
import type { HubSettings } from '../settings';
import type { EventSource, HubEvent } from './event';
import { Partition, type LoggedEvent } from './partition';

export type { LoggedEvent } from './partition';

/** Where the events of a hub pass through: routing decides, the built-in endpoint keeps them in its partitions. */
export class Events {
  /** Events taken since the process started. */
  received = 0;
  readonly #partitions: readonly Partition[];
  /** When the endpoint was made, ms since the epoch. */
  readonly createdAt: number;

  /**
   * @param hubName  names the collection
   * @param settings read at every event, so that a change takes effect at once; the number of partitions never changes
   */
  constructor(
    hubName: string,
    private readonly world: World,
    private readonly settings: () => HubSettings,
  ) {
    const path = `hubs/${hubName.toLowerCase()}`;
    this.createdAt = this.#loadCreation(path);
    this.#partitions = this.#load(path);
  }

  /** Takes an event: it is kept wherever it goes once this returns. */
  publish(event: HubEvent): void {
    this.received += 1;
    const partition = this.#partitions[hashOf(event.deviceId) % this.#partitions.length];
    partition?.append(event, this.world.clock.now());
  }

  /** Whether somebody would receive events of this source: what they tell need not be worked out otherwise. */
  wants(source: EventSource): boolean {
    if (source === 'Telemetry') return true;
    return this.settings().routing.routes.some((route) => route.isEnabled && ROUTE_SOURCES[route.source] === source);
  }

  /** Ids are `0` to n - 1. */
  partition(id: string): Partition | undefined {
    return this.#partitions.find((partition) => partition.id === id);
  }

  get partitionIds(): string[] {
    return this.#partitions.map(({ id }) => id);
  }

  #loadCreation(path: string): number {
    const collection = this.world.store.collection<number>(`${path}/eventsEndpoint`);
    const [[, kept] = []] = collection.entries();
    if (kept === undefined) collection.put('createdAt', this.world.clock.now());
    return kept ?? this.world.clock.now();
  }

  #load(path: string): Partition[] {
    const collection = this.world.store.collection<LoggedEvent>(`${path}/events`);
    const kept: LoggedEvent[][] = Array.from({ length: this.settings().events.partitionCount }, () => []);
    for (const [key, event] of collection.entries()) kept[Number(key.split('/', 1)[0])]?.push(event);
    return kept.map((events, i) => new Partition(String(i), collection, events, this.#retentionDays));
  }

  #retentionDays = (): number => this.settings().events.retentionDays;
}

/** Sources as the Resource Manager spells them (arm-iothub, KnownRoutingSource). */
export const ROUTE_SOURCES: Readonly<Record<string, EventSource>> = {
  DeviceMessages: 'Telemetry',
  TwinChangeEvents: 'twinChangeEvents',
  DeviceLifecycleEvents: 'deviceLifecycleEvents',
  DeviceConnectionStateEvents: 'deviceConnectionStateEvents',
  DeviceJobLifecycleEvents: 'deviceJobLifecycleEvents',
  DigitalTwinChangeEvents: 'digitalTwinChangeEvents',
};

/** FNV-1a, 32 bits: the same device always has the same partition, as its messages must keep their order. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
