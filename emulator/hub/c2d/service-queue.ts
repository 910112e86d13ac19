import type { World } from '../../world/world';
import type { QueueSettings } from '../settings';
import { LockedQueue, type Entry } from './locked-queue';

/** Records that one message brings (iot-hub-devguide-messages-c2d.md, "Message feedback": a batch has at most 64). */
const MOST_RECORDS = 64;
/** Records that nobody reads are bounded by their time to live, and by this. */
const MOST_WAITING = 100_000;

/** Records that wait for a service application: feedback, or notices of uploaded files. */
export class ServiceQueue<T> {
  readonly #queue: LockedQueue<T>;

  /** @param name of the collection: `hubs/<name>/feedback` */
  constructor(world: World, name: string, settings: () => QueueSettings) {
    const kept = world.store.collection<Entry<T>>(name);
    const owner = {
      clock: world.clock,
      settings,
      save: (entry: Entry<T>) => kept.put(String(entry.sequence), entry),
      remove: (entry: Entry<T>) => kept.delete(String(entry.sequence)),
    };
    this.#queue = new LockedQueue(
      owner,
      [...kept.entries()].map(([, entry]) => entry),
    );
  }

  get size(): number {
    return this.#queue.size;
  }

  push(record: T): void {
    if (this.#queue.size >= MOST_WAITING) this.#queue.dropOldest();
    this.#queue.add(record);
  }

  /**
   * The oldest records that nobody has, locked until they are completed or abandoned or the lock runs out.
   *
   * @param most 1 to 64
   */
  receive(
    most = MOST_RECORDS,
  ): { readonly token: string; readonly records: readonly T[]; readonly enqueuedAt: number } | undefined {
    const taken = this.#queue.take(most);
    const [first] = taken?.entries ?? [];
    if (taken === undefined || first === undefined) return undefined;
    return { token: taken.token, records: taken.entries.map(({ value }) => value), enqueuedAt: first.enqueuedAt };
  }

  /** @throws HubError DeviceMessageLockLost */
  complete(token: string): void {
    this.#queue.settle(token);
  }

  /** @throws HubError DeviceMessageLockLost */
  abandon(token: string): void {
    this.#queue.release(token);
  }

  /** Calls back whenever {@link receive} may have something. @returns stops that */
  onMessage(callback: () => void): () => void {
    return this.#queue.onMessage(callback);
  }

  /** Stops its timer; records stay in the store. */
  close(): void {
    this.#queue.close();
  }
}
