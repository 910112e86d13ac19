import type { Collection, Store } from './store';

/** A store for something that may end before its last connection has: what it still says after that is not heard. */
export interface Lease {
  readonly store: Store;
  /** From here on nothing that comes through {@link store} changes anything. */
  end(): void;
}

export function leaseOf(store: Store): Lease {
  let ended = false;
  const unlessEnded = (work: () => void): void => {
    if (!ended) work();
  };
  const collection = <T>(name: string): Collection<T> => {
    const inner = store.collection<T>(name);
    return {
      get: (key) => (ended ? undefined : inner.get(key)),
      put: (key, value) => unlessEnded(() => inner.put(key, value)),
      delete: (key) => unlessEnded(() => inner.delete(key)),
      entries: () => (ended ? [] : inner.entries()),
    };
  };
  return {
    store: {
      collection,
      drop: (path) => unlessEnded(() => store.drop(path)),
      batch: (work) => (ended ? work() : store.batch(work)),
      names: () => (ended ? [] : store.names()),
      close: () => Promise.resolve(), // whoever leased it out closes it
    },
    end: () => void (ended = true),
  };
}
