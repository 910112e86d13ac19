import type { Collection } from '../../world/store';
/** Entries left behind at the head of the array before it is cut: so many, and as many as are kept. */
const COMPACT_AFTER = 1024;

/** What an event is given with its place in a partition. */
export interface Logged {
  /** From 0, without gaps. */
  readonly sequence: number;
  /** Bytes before this event, so it rises with it. */
  readonly offset: number;
  /** Ms since the epoch; never falls within a partition. */
  readonly enqueuedAt: number;
}

/** How long a partition keeps events of its kind, by time and by size. */
export interface Keeping<E extends Logged> {
  readonly retentionMs: () => number;
  /** Azure keeps everything for the retention time; a process cannot (docs/emulator/events.md, "Settings"). */
  readonly mostBytes: number;
  /** Bytes of an event, about: what `mostBytes` and offsets count. At least 1. */
  readonly sizeOf: (event: E) => number;
}

/** What is known of a partition without reading it; -1 and 0 where nothing came yet (as Event Hubs answers). */
export interface PartitionState {
  readonly beginSequence: number;
  readonly lastSequence: number;
  readonly lastOffset: number;
  readonly lastEnqueuedAt: number;
  readonly isEmpty: boolean;
}

/**
 * One partition of a stream: an append-only log, bounded by age and by bytes. The newest event is kept even
 * when it has expired, unseen: the numbers go on from it.
 */
export class Partition<E extends Logged> {
  #events: E[] = [];
  #head = 0;
  #bytes = 0;
  readonly #readers = new Set<() => void>();

  /** @param kept what the store holds of this partition, in any order; events are plain data, kept as they are */
  constructor(
    readonly id: string,
    private readonly store: Pick<Collection<E>, 'put' | 'delete'>,
    kept: readonly E[],
    private readonly keeping: Keeping<E>,
  ) {
    this.#events = [...kept].sort((a, b) => a.sequence - b.sequence);
    for (const event of this.#events) this.#bytes += keeping.sizeOf(event);
  }

  /** Puts an event at the end. @param make the event in its place. @param now ms since the epoch */
  append(make: (place: Logged) => E, now: number): E {
    const last = this.#events.at(-1);
    const logged = make({
      sequence: (last?.sequence ?? -1) + 1,
      offset: last === undefined ? 0 : last.offset + this.keeping.sizeOf(last),
      enqueuedAt: Math.max(now, last?.enqueuedAt ?? now),
    });
    this.store.put(this.#keyOf(logged), logged);
    this.#events.push(logged);
    this.#bytes += this.keeping.sizeOf(logged);
    this.#prune(now);
    for (const reader of this.#readers) reader();
    return logged;
  }

  /** The event with this number or the first that is kept after it; undefined when it is still to come. */
  at(sequence: number, now: number): E | undefined {
    this.#prune(now);
    const first = this.#events[this.#head];
    if (first === undefined) return undefined;
    const event = this.#events[this.#head + Math.max(0, sequence - first.sequence)];
    return event !== undefined && this.#isAlive(event, now) ? event : undefined;
  }

  /** The number of the first event, alive or to come, that `isAfter` holds for. @param isAfter false, then true */
  firstSequence(isAfter: (event: E) => boolean): number {
    let [low, high] = [this.#head, this.#events.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = this.#events[middle];
      if (event !== undefined && !isAfter(event)) low = middle + 1;
      else high = middle;
    }
    return this.#events[low]?.sequence ?? this.nextSequence;
  }

  get nextSequence(): number {
    return (this.#events.at(-1)?.sequence ?? -1) + 1;
  }

  state(now: number): PartitionState {
    this.#prune(now);
    const last = this.#events.at(-1);
    const isEmpty = last === undefined || !this.#isAlive(last, now);
    const beginSequence = isEmpty ? this.nextSequence : (this.#events[this.#head]?.sequence ?? 0);
    return {
      beginSequence,
      lastSequence: last?.sequence ?? -1,
      lastOffset: last?.offset ?? -1,
      lastEnqueuedAt: last?.enqueuedAt ?? 0,
      isEmpty,
    };
  }

  /** Calls back after every append. @returns stops */
  onAppend(callback: () => void): () => void {
    this.#readers.add(callback);
    return () => this.#readers.delete(callback);
  }

  #isAlive = (event: E, now: number): boolean => event.enqueuedAt > now - this.keeping.retentionMs();

  #prune(now: number): void {
    for (;;) {
      const first = this.#events[this.#head];
      if (first === undefined || this.#head === this.#events.length - 1) break;
      if (this.#isAlive(first, now) && this.#bytes <= this.keeping.mostBytes) break;
      this.store.delete(this.#keyOf(first));
      this.#bytes -= this.keeping.sizeOf(first);
      this.#head += 1;
    }
    if (this.#head < Math.max(COMPACT_AFTER, this.#events.length / 2)) return;
    this.#events = this.#events.slice(this.#head);
    this.#head = 0;
  }

  #keyOf = ({ sequence }: E): string => `${this.id}/${sequence}`;
}
