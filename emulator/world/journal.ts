import type { Clock } from './clock';
import { outlineOf, redacted } from './redact';
import type { Collection, Store } from './store';

/** Entries that are remembered; the oldest are forgotten. */
const REMEMBERED = 10_000;

/** A change of state: `before` is undefined for what was new, `after` for what was deleted. */
export interface JournalEntry {
  /** Rises by one, from 1. */
  readonly sequence: number;
  /** The services' time, ms since the epoch. */
  readonly time: number;
  readonly collection: string;
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Which entries a reader wants. */
export interface JournalFilter {
  /** Only later ones. */
  readonly after: number;
  readonly limit: number;
  readonly wants: (collection: string) => boolean;
}

/** Every change that passes the store, without secrets: keys are hidden, and of bytes only their number is kept. */
export class Journal {
  #entries: JournalEntry[] = [];
  #sequence = 0;
  readonly #listeners = new Set<(entry: JournalEntry) => void>();

  constructor(private readonly clock: Clock) {}

  /** The store, with a note taken of each change that it has made. */
  noting(store: Store): Store {
    return {
      collection: <T>(name: string) => this.#collection(name, store.collection<T>(name)),
      drop: (path) => {
        store.drop(path);
        this.note(path, '*', undefined, undefined);
      },
      batch: (work) => store.batch(work),
      names: () => store.names(),
      close: () => store.close(),
    };
  }

  note(collection: string, key: string, before: unknown, after: unknown): void {
    const time = this.clock.now();
    const entry = {
      sequence: ++this.#sequence,
      time,
      collection,
      key,
      before: outlineOf(before),
      after: outlineOf(after),
    };
    this.#entries.push(entry);
    if (this.#entries.length >= 2 * REMEMBERED) this.#entries = this.#entries.slice(-REMEMBERED);
    for (const listener of this.#listeners) listener(shown(entry));
  }

  /** The oldest that fit, in order. */
  read({ after, limit, wants }: JournalFilter): JournalEntry[] {
    const entries = this.#entries.slice(-REMEMBERED);
    return entries
      .filter((entry) => entry.sequence > after && wants(entry.collection))
      .slice(0, limit)
      .map(shown);
  }

  /** @returns stops listening */
  listen(listener: (entry: JournalEntry) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #collection<T>(name: string, inner: Collection<T>): Collection<T> {
    return {
      get: (key) => inner.get(key),
      put: (key, value) => {
        const before = inner.get(key);
        inner.put(key, value);
        this.note(name, key, before, value);
      },
      delete: (key) => {
        const before = inner.get(key);
        inner.delete(key);
        if (before !== undefined) this.note(name, key, before, undefined);
      },
      entries: () => inner.entries(),
    };
  }
}

const shown = (entry: JournalEntry): JournalEntry => ({
  ...entry,
  before: redacted(entry.before),
  after: redacted(entry.after),
});
