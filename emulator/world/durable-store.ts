import { mkdirSync } from 'node:fs';
import { open, type Database } from 'lmdb';
import { requireSound } from './lmdb-file';
import type { Collection, Store } from './store';

/** Raised whenever stored data of the last version could not be read any more. */
const FORMAT = 1;
/** No collection has the empty name. */
const FORMAT_KEY: Key = ['', 'format'];
/** LMDB refuses to store under longer keys (lmdb 3.5: 1978 bytes, with what the encoding adds). */
type Key = [collection: string, key: string];

/**
 * A store in a folder, on LMDB. Changes are in the kernel's page cache when `put` returns: they outlive the process
 * however it ends, SIGKILL too, but not a loss of power (`noSync`; 21 µs a change, 4 µs inside a batch, measured here).
 */
export class DurableStore implements Store {
  readonly #database: Database<unknown, Key>;

  /**
   * @param folder made when it is not there
   * @throws Error for a folder that holds something else, a damaged store, or one of a newer emulator
   */
  constructor(folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    requireSound(folder);
    this.#database = open<unknown, Key>({ path: folder, noSync: true, overlappingSync: false, maxReaders: 8 });
    this.#requireFormat(folder);
  }

  collection<T>(name: string): Collection<T> {
    const database = this.#database;
    return {
      get: (key) => database.get([name, key]) as T | undefined, // as below
      put(key, value) {
        database.putSync([name, key], value);
      },
      delete: (key) => void database.removeSync([name, key]),
      entries: () => this.#entries(name) as Iterable<readonly [string, T]>, // whoever names it knows what is in it
    };
  }

  drop(path: string): void {
    this.batch(() => {
      for (const name of this.names().filter((each) => each === path || each.startsWith(`${path}/`))) {
        for (const [key] of this.#entries(name)) this.#database.removeSync([name, key]);
      }
    });
  }

  batch<R>(work: () => R): R {
    return this.#database.transactionSync(work);
  }

  /** Leaps from each name to the next, so that it takes as long as there are names, not entries. */
  names(): readonly string[] {
    const names: string[] = [];
    for (let next = this.#firstFrom('\u0001'); next !== undefined; next = this.#firstFrom(`${next}\u0001`))
      names.push(next);
    return names;
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  #firstFrom(name: string): string | undefined {
    for (const [found] of this.#database.getKeys({ start: [name, ''], limit: 1 })) return found;
    return undefined;
  }

  /** Read in pages, so that who reads may change what he reads. */
  *#entries(name: string): Generator<readonly [key: string, value: unknown]> {
    let after = '';
    for (;;) {
      const start: Key = [name, after];
      const page = [...this.#database.getRange({ start, limit: 1000, exclusiveStart: after !== '' })];
      for (const { key, value } of page) {
        if (key[0] !== name) return;
        yield [key[1], value];
        after = key[1];
      }
      if (page.length < 1000) return;
    }
  }

  #requireFormat(folder: string): void {
    const found = this.#database.get(FORMAT_KEY);
    if (found === FORMAT) return;
    if (found === undefined && this.names().length === 0) this.#database.putSync(FORMAT_KEY, FORMAT);
    else {
      const what = found === undefined ? 'no emulator data' : `data of format ${JSON.stringify(found)}`;
      throw new Error(
        `${folder} holds ${what}; this emulator reads format ${FORMAT}. Name another --state, or delete it`,
      );
    }
  }
}
