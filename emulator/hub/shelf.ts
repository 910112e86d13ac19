import type { Collection } from '../world/store';
import { Ordered } from '../world/ordered';
import { Device, type DeviceOwner, type DeviceState } from './hub-device';

/** A device or module as the store keeps it. */
export type DeviceRecord = Readonly<DeviceState> & { readonly position: number };

/** The devices of a hub, or all their modules, in the order in which they came: every change is kept in the store. */
export class Shelf {
  readonly #byKey = new Ordered<Device>();

  constructor(
    private readonly kept: Collection<DeviceRecord>,
    private readonly owner: DeviceOwner,
  ) {
    const records = [...kept.entries()].sort(([, a], [, b]) => a.position - b.position);
    for (const [key, record] of records) {
      this.#byKey.add(key, new Device(record.position, record, owner), record.position);
    }
  }

  get size(): number {
    return this.#byKey.size;
  }

  get(key: string): Device | undefined {
    return this.#byKey.get(key);
  }

  /** Entries after a position (0 for all), oldest first, each with its own position. */
  after(position: number): Iterable<readonly [number, Device]> {
    return this.#byKey.after(position);
  }

  /** As {@link after}, of these keys only. */
  among(keys: ReadonlySet<string>, position: number): Iterable<readonly [number, Device]> {
    return this.#byKey.among(keys, position);
  }

  add(key: string, state: DeviceState): Device {
    const device = new Device(this.#byKey.nextPosition, state, this.owner);
    this.kept.put(key, recordOf(device));
    this.#byKey.add(key, device);
    this.owner.past.created(device);
    return device;
  }

  change(key: string, device: Device, change: Partial<DeviceState>): void {
    const { position, identity, twin, modelId, configured } = device;
    this.kept.put(key, recordOf({ position, identity, twin, modelId, configured, ...change }));
    this.owner.past.changing(device);
    Object.assign(device, change);
  }

  delete(key: string): void {
    const device = this.#byKey.get(key);
    if (device !== undefined) this.owner.past.changing(device);
    this.kept.delete(key);
    this.#byKey.delete(key);
  }
}

const recordOf = ({ position, identity, twin, modelId, configured }: DeviceRecord): DeviceRecord => ({
  position,
  identity,
  twin,
  modelId,
  ...(configured && { configured }), // a store keeps no undefined
});
