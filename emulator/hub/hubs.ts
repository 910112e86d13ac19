import { newWorld, type World } from '../world/world';
import { Hub, type HubOptions } from './hub';
import type { HubSettings } from './settings';

export { Hub } from './hub';
export type { AccessPolicy, HubSettings, Right, Sku } from './settings';

/** The hubs of an emulator, by name. Names are compared without case, as host names are. */
export class Hubs {
  readonly #hubs = new Map<string, Hub>();

  constructor(
    private readonly options: HubOptions = { throttle: false },
    private readonly world: World = newWorld(),
  ) {}

  /** @throws Error when the name is taken or is no host label of 3 to 50 letters, digits and inner hyphens */
  create(name: string, settings: HubSettings): Hub {
    if (!/^[a-z0-9][a-z0-9-]{1,48}[a-z0-9]$/i.test(name)) throw new Error(`'${name}' is not a valid hub name`);
    if (this.get(name) !== undefined) throw new Error(`the hub '${name}' exists already`);
    const hub = new Hub(name, settings, this.world, this.options);
    this.#hubs.set(name.toLowerCase(), hub);
    return hub;
  }

  get(name: string): Hub | undefined {
    return this.#hubs.get(name.toLowerCase());
  }

  /** Closes the hub and forgets it with all its devices; nothing happens when there is none. */
  async delete(name: string): Promise<void> {
    const hub = this.get(name);
    this.#hubs.delete(name.toLowerCase());
    await hub?.close();
  }

  list(): Hub[] {
    return [...this.#hubs.values()];
  }
}
