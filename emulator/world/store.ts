/**
 * Plain data of one kind, by key: objects, arrays, strings, numbers, booleans, null, `Uint8Array`; no class instances.
 * Values are never changed in place: a change puts the next value.
 */
export interface Collection<T> {
  get(key: string): T | undefined;
  /** Once it returns the value is kept: a durable store loses nothing when the process is killed. */
  put(key: string, value: T): void;
  delete(key: string): void;
  /** What is there, to build from at start; in no order that means anything. */
  entries(): Iterable<readonly [key: string, value: T]>;
}

/**
 * Where the emulator's state lives. Every change of lasting state passes here, whoever makes it: what a restart brings
 * back, what a snapshot holds and what the journal tells all follow from it.
 */
export interface Store {
  /** @param name a path, `hubs/<hub in lower case>/devices` say; the same name gives the same data */
  collection<T>(name: string): Collection<T>;
  /** Empties every collection whose name is `path` or lies below it. */
  drop(path: string): void;
  /**
   * Does `work`, whose changes are kept together or not at all; it must not wait for anything. Much cheaper than many
   * changes one by one. May be nested.
   */
  batch<R>(work: () => R): R;
  /** The names of all collections that hold something. */
  names(): readonly string[];
  close(): Promise<void>;
}

/** A store that ends with the process. */
export class MemoryStore implements Store {
  readonly #collections = new Map<string, Map<string, unknown>>();

  collection<T>(name: string): Collection<T> {
    const entries = (): Map<string, T> => {
      const found = this.#collections.get(name) ?? new Map<string, unknown>();
      this.#collections.set(name, found);
      return found as Map<string, T>; // whoever names a collection knows what is in it
    };
    return {
      get: (key) => entries().get(key),
      put: (key, value) => void entries().set(key, value),
      delete: (key) => void entries().delete(key),
      entries,
    };
  }

  drop(path: string): void {
    for (const name of this.#collections.keys()) {
      if (name === path || name.startsWith(`${path}/`)) this.#collections.delete(name);
    }
  }

  /** Nothing outlives the process, so nothing can be half kept. */
  batch<R>(work: () => R): R {
    return work();
  }

  names(): readonly string[] {
    return [...this.#collections].filter(([, entries]) => entries.size > 0).map(([name]) => name);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
