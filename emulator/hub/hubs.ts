import { leaseOf, type Lease } from '../world/lease';
import type { FaultKind } from '../world/faults';
import type { Collection } from '../world/store';
import { newWorld, type World } from '../world/world';
import { Hub, type HubOptions } from './hub';
import { ROUTING_SEND } from './routing/event-hub-sink';
import type { HubSettings } from './settings';

export { Hub } from './hub';
export type { AccessPolicy, HubSettings, Right, Sku } from './settings';

/** What is kept of a hub itself; all else of it lies below `hubs/<name in lower case>`. */
interface Kept {
  readonly name: string;
  readonly settings: HubSettings;
}

interface Standing {
  readonly hub: Hub;
  readonly lease: Lease;
}

/** The hubs of an emulator, by name. Names are compared without case, as host names are. */
export class Hubs {
  readonly #hubs = new Map<string, Standing>();
  readonly #kept: Collection<Kept>;

  constructor(
    private readonly options: HubOptions = { throttle: false },
    private readonly world: World = newWorld(),
  ) {
    this.#kept = world.store.collection('hubs');
    const load = (): void => {
      for (const [, { name, settings }] of this.#kept.entries()) this.#open(name, settings);
    };
    load();
    world.faults.declare(['stall'], 'jobs.row');
    world.faults.declare(['lag'], 'query');
    world.faults.declare(['status'], ROUTING_SEND);
    world.rebuild.add({ unload: () => this.close(), load });
  }

  /** @throws Error when the name is taken or is no host label of 3 to 50 letters, digits and inner hyphens */
  create(name: string, settings: HubSettings): Hub {
    if (!/^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/i.test(name)) throw new Error(`'${name}' is not a valid hub name`);
    if (this.get(name) !== undefined) throw new Error(`the hub '${name}' exists already`);
    this.#keep(name, settings);
    return this.#open(name, settings);
  }

  get(name: string): Hub | undefined {
    return this.#hubs.get(name.toLowerCase())?.hub;
  }

  /** Closes the hub and forgets it with all its devices; nothing happens when there is none. */
  async delete(name: string): Promise<void> {
    const key = name.toLowerCase();
    const standing = this.#hubs.get(key);
    this.#hubs.delete(key);
    standing?.lease.end();
    this.world.store.batch(() => {
      this.#kept.delete(key);
      this.world.store.drop(`hubs/${key}`);
    });
    await standing?.hub.close();
  }

  /** Names operations that faults of these kinds may strike. */
  declare(kinds: readonly FaultKind[], ...operations: readonly string[]): void {
    this.world.faults.declare(kinds, ...operations);
  }

  /** Counts what happened at any of them. */
  count(name: string): void {
    this.world.counters.add(name);
  }

  list(): Hub[] {
    return [...this.#hubs.values()].map(({ hub }) => hub);
  }

  /** Closes all of them; what is stored of them stays. */
  async close(): Promise<void> {
    const standing = [...this.#hubs.values()];
    this.#hubs.clear();
    for (const { lease } of standing) lease.end();
    await Promise.all(standing.map(({ hub }) => hub.close()));
  }

  #open(name: string, settings: HubSettings): Hub {
    const lease = leaseOf(this.world.store);
    const keep = (next: HubSettings): void => this.#keep(name, next);
    const hub = new Hub(name, settings, { ...this.world, store: lease.store }, this.options, keep);
    this.#hubs.set(name.toLowerCase(), { hub, lease });
    return hub;
  }

  #keep(name: string, settings: HubSettings): void {
    this.#kept.put(name.toLowerCase(), { name, settings });
  }
}
