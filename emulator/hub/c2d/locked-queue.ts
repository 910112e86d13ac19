import { randomUUID } from 'node:crypto';
import type { Clock } from '../../world/clock';
import { HubError } from '../errors';
import type { QueueSettings } from '../settings';

/** A message with what the queue knows of it. Times are ms since the epoch. Never changed in place. */
export interface Entry<T> {
  /** Rises by one with every message of the queue; orders them. */
  readonly sequence: number;
  readonly value: T;
  readonly enqueuedAt: number;
  readonly expiresAt: number;
  /** How often it was handed out. */
  readonly deliveryCount: number;
}

/** Messages handed out under one token, to be completed or abandoned before the lock runs out. */
export interface Taken<T> {
  readonly token: string;
  readonly entries: readonly Entry<T>[];
}

/** What a queue needs of its owner. */
export interface QueueOwner<T> {
  readonly clock: Clock;
  readonly settings: () => QueueSettings;
  /** Called with every new and every changed entry, before the change is acknowledged. */
  readonly save: (entry: Entry<T>) => void;
  /** Called with every entry that leaves. */
  readonly remove: (entry: Entry<T>) => void;
  /** Tells of an entry that left because its time or its deliveries were over. */
  readonly onDead?: (entry: Entry<T>, why: 'Expired' | 'DeliveryCountExceeded') => void;
}

interface Lock {
  readonly sequences: readonly number[];
  readonly until: number;
}

/** Messages that end within this of each other are looked at in one go. */
const SWEEP_MS = 100;

/**
 * A queue whose messages are locked while a receiver has them (iot-hub-devguide-messages-c2d.md, "The cloud-to-device
 * message life cycle"): Enqueued, Invisible under a lock, and gone when completed, expired or delivered too often.
 * Locks end with the process; messages and delivery counts do not.
 */
export class LockedQueue<T> {
  readonly #entries = new Map<number, Entry<T>>();
  readonly #locks = new Map<string, Lock>();
  readonly #locked = new Set<number>();
  readonly #listeners = new Set<() => void>();
  #next = 1;
  #sweepAt = Infinity;
  #cancelSweep: (() => void) | undefined;

  /** @param kept what an earlier process left, in any order */
  constructor(
    private readonly owner: QueueOwner<T>,
    kept: readonly Entry<T>[] = [],
  ) {
    for (const entry of [...kept].sort((a, b) => a.sequence - b.sequence)) {
      this.#entries.set(entry.sequence, entry);
      this.#next = entry.sequence + 1;
      this.#sweepBy(entry.expiresAt);
    }
  }

  /** Messages, locked ones included. */
  get size(): number {
    return this.#entries.size;
  }

  /** @param expiresAt the settings' time to live unless given */
  add(value: T, expiresAt?: number): void {
    const enqueuedAt = this.owner.clock.now();
    const ends = expiresAt ?? enqueuedAt + this.owner.settings().ttlMs;
    const entry = { sequence: this.#next++, value, enqueuedAt, expiresAt: ends, deliveryCount: 0 };
    this.#save(entry);
    this.#sweepBy(ends);
    this.#announce();
  }

  /** Hands out the oldest messages that nobody has, at most `most` under one token. */
  take(most: number): Taken<T> | undefined {
    const now = this.owner.clock.now();
    const entries: Entry<T>[] = [];
    for (const entry of this.#entries.values()) {
      if (entries.length === most) break;
      if (!this.#locked.has(entry.sequence) && entry.expiresAt > now) entries.push(this.#handOut(entry));
    }
    if (entries.length === 0) return undefined;
    const token = randomUUID();
    const until = now + this.owner.settings().lockDurationMs;
    this.#locks.set(token, { sequences: entries.map(({ sequence }) => sequence), until });
    this.#sweepBy(until);
    return { token, entries };
  }

  /** Ends the messages under the token. @returns them. @throws HubError DeviceMessageLockLost */
  settle(token: string): Entry<T>[] {
    const entries = this.#unlock(token);
    for (const entry of entries) this.#remove(entry);
    return entries;
  }

  /** Gives the messages under the token back to the queue. @throws HubError DeviceMessageLockLost */
  release(token: string): void {
    for (const entry of this.#unlock(token)) {
      if (entry.deliveryCount >= this.owner.settings().maxDeliveryCount) this.#bury(entry, 'DeliveryCountExceeded');
      else this.#sweepBy(entry.expiresAt); // a sweep while it was locked has passed it over
    }
    this.#announce();
  }

  /** Removes every message, locked or not. @returns them, oldest first */
  clear(): Entry<T>[] {
    const entries = [...this.#entries.values()];
    for (const entry of entries) this.#remove(entry);
    this.#locks.clear();
    this.#locked.clear();
    this.#cancelSweep?.();
    this.#sweepAt = Infinity;
    return entries;
  }

  /** Removes the oldest message. */
  dropOldest(): void {
    const [oldest] = this.#entries.values();
    if (oldest !== undefined) this.#remove(oldest);
  }

  /** Calls back whenever there may be something to take. @returns stops that */
  onMessage(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => void this.#listeners.delete(callback);
  }

  /** Stops its timer; messages stay in the store. */
  close(): void {
    this.#cancelSweep?.();
    this.#listeners.clear();
  }

  #handOut(entry: Entry<T>): Entry<T> {
    const next = { ...entry, deliveryCount: entry.deliveryCount + 1 };
    this.#save(next);
    this.#locked.add(entry.sequence);
    return next;
  }

  #unlock(token: string): Entry<T>[] {
    const lock = this.#locks.get(token);
    if (lock === undefined) throw new HubError('DeviceMessageLockLost', 'The lock of the message was lost.');
    this.#locks.delete(token);
    for (const sequence of lock.sequences) this.#locked.delete(sequence);
    return lock.sequences.flatMap((sequence) => this.#entries.get(sequence) ?? []);
  }

  #save(entry: Entry<T>): void {
    this.owner.save(entry);
    this.#entries.set(entry.sequence, entry);
  }

  #remove(entry: Entry<T>): void {
    this.owner.remove(entry);
    this.#entries.delete(entry.sequence);
  }

  #bury(entry: Entry<T>, why: 'Expired' | 'DeliveryCountExceeded'): void {
    this.#remove(entry);
    this.owner.onDead?.(entry, why);
  }

  #announce(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #sweepBy(time: number): void {
    if (time >= this.#sweepAt) return;
    this.#cancelSweep?.();
    this.#sweepAt = time;
    this.#cancelSweep = this.owner.clock.at(time, () => this.#sweep());
  }

  /** Ends locks and messages whose time is over, and sees to it that the next are looked at. */
  #sweep(): void {
    const now = this.owner.clock.now();
    this.#sweepAt = Infinity;
    const lost = [...this.#locks].filter(([, { until }]) => until <= now);
    for (const [token] of lost) this.release(token);
    let next = Infinity;
    for (const entry of [...this.#entries.values()]) {
      if (this.#locked.has(entry.sequence)) continue; // a receiver may still complete it
      if (entry.expiresAt <= now) this.#bury(entry, 'Expired');
      else next = Math.min(next, entry.expiresAt);
    }
    for (const { until } of this.#locks.values()) next = Math.min(next, until);
    if (next !== Infinity) this.#sweepBy(Math.max(next, now + SWEEP_MS));
  }
}
