import type { Clock } from './clock';
import type { Rebuild } from './rebuild';
import type { Store } from './store';

const ALL = 'snapshots';
const LIST = 'snapshots';
/** What a snapshot is not of: others, and the key that tokens in clients' hands were signed with. */
const isOutside = (name: string): boolean => name === LIST || name.startsWith(`${ALL}/`) || name === 'entra';

export interface Snapshot {
  readonly name: string;
  /** The services' time, ms since the epoch. */
  readonly takenAt: number;
  readonly entryCount: number;
}

/** Copies of all state, in the store that they are of: a durable store keeps them over a restart. */
export class Snapshots {
  constructor(
    private readonly store: Store,
    private readonly rebuild: Rebuild,
    private readonly clock: Clock,
  ) {}

  list(): Snapshot[] {
    return [...this.store.collection<Snapshot>(LIST).entries()].map(([, snapshot]) => snapshot);
  }

  /** Replaces one of the same name. */
  take(name: string): Snapshot {
    return this.store.batch(() => {
      this.delete(name);
      const entryCount = this.#copy(this.#live(), (collection) => `${pathOf(name)}/${collection}`);
      const snapshot = { name, takenAt: this.clock.now(), entryCount };
      this.store.collection<Snapshot>(LIST).put(name, snapshot);
      return snapshot;
    });
  }

  /** Closes every connection and builds every service from the copy. The clock stays as it is. @returns whether there is one */
  async restore(name: string): Promise<boolean> {
    if (!this.list().some((snapshot) => snapshot.name === name)) return false;
    await this.rebuild.around(() => this.store.batch(() => this.#replace(pathOf(name))));
    return true;
  }

  /** @returns whether there was one */
  delete(name: string): boolean {
    const had = this.list().some((snapshot) => snapshot.name === name);
    this.store.drop(pathOf(name));
    this.store.collection(LIST).delete(name);
    return had;
  }

  #replace(path: string): void {
    for (const name of this.#live()) for (const [key] of this.#entries(name)) this.store.collection(name).delete(key);
    const kept = this.store.names().filter((name) => name.startsWith(`${path}/`));
    this.#copy(kept, (name) => name.slice(path.length + 1));
  }

  #copy(names: readonly string[], target: (name: string) => string): number {
    let count = 0;
    for (const name of names) {
      const to = this.store.collection(target(name));
      for (const [key, value] of this.#entries(name)) {
        to.put(key, value);
        count += 1;
      }
    }
    return count;
  }

  #live(): string[] {
    return this.store.names().filter((name) => !isOutside(name));
  }

  #entries(name: string): Iterable<readonly [string, unknown]> {
    return this.store.collection(name).entries();
  }
}

/** Names have no slash (the admin API sees to it), so that none lies below another. */
const pathOf = (name: string): string => `${ALL}/${name}`;
