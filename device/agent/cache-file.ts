import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Cache, emptyCache, parseCache, serializeCache } from './cache';

/** Where a device keeps its cache. */
export interface CacheStore {
  read(): Promise<Cache>;
  /** Once it has resolved, a loss of power does not take it back. */
  write(cache: Cache): Promise<void>;
}

/** A cache that ends with the process: for simulated devices. */
export function memoryCache(from: Cache): CacheStore {
  let kept = from;
  return {
    read: () => Promise.resolve(kept),
    write(cache) {
      kept = cache;
      return Promise.resolve();
    },
  };
}

/**
 * A cache in a file, which is at all times either as it was or as it is to be: a new file is written beside it, brought to
 * the disk, and renamed over it.
 *
 * @param path of the file; its folder is made when it is missing. One file a device
 */
export class FileCache implements CacheStore {
  #last: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly registrationId: string,
  ) {}

  /** An empty one when there is none, or what is there is torn or another device's. */
  async read(): Promise<Cache> {
    const text = await readFile(this.path, 'utf8').catch(() => '');
    return parseCache(text, this.registrationId) ?? emptyCache(this.registrationId);
  }

  /** One after the other, in the order of the calls. */
  write(cache: Cache): Promise<void> {
    const written = this.#last.then(() => this.#replace(serializeCache(cache)));
    this.#last = written.catch(() => undefined);
    return written;
  }

  async #replace(text: string): Promise<void> {
    const folder = dirname(this.path);
    await mkdir(folder, { recursive: true });
    const beside = `${this.path}.new`;
    const file = await open(beside, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, this.path);
    await syncFolder(folder);
  }
}

/** Brings the rename to the disk. Windows cannot, and need not: NTFS keeps a journal of names. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
