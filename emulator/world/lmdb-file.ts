import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** LMDB's meta page: header of 24 bytes, then this number and a version (lmdb 3.5, dependencies/lmdb, MDB_meta). */
const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;
const VERSION = 2;
const PAGE_SIZE_AT = 0x30;
const LAST_PAGE_AT = 0x90;
const TRANSACTION_AT = 0x98;
const META_BYTES = 0xa0;

interface Meta {
  readonly lastPage: number;
  readonly transaction: number;
}

/**
 * Looks at the file before LMDB maps it: a file that is none, or was cut short, would end the process with a signal
 * (SIGSEGV and SIGBUS, measured here with lmdb 3.5.6).
 *
 * @param folder of the database
 * @throws Error that says what is wrong and what to do
 */
export function requireSound(folder: string): void {
  const file = join(folder, 'data.mdb');
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size === 0) return; // new, or of a process that was killed before it wrote anything
  const first = read(file, 0);
  const pageSize = first.readUInt32LE(PAGE_SIZE_AT);
  const second = read(file, pageSize);
  if (size < 2 * pageSize || !isMeta(first) || !isMeta(second)) throw damaged(folder);
  const { lastPage } = [metaOf(first), metaOf(second)].reduce((a, b) => (a.transaction > b.transaction ? a : b));
  if (size < (lastPage + 1) * pageSize) throw damaged(folder);
}

const damaged = (folder: string): Error =>
  new Error(`the data in ${folder} is damaged or not the emulator's; name another --state, or delete it`);

function read(file: string, at: number): Buffer {
  const bytes = Buffer.alloc(META_BYTES);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, bytes, 0, META_BYTES, at);
  } finally {
    closeSync(descriptor);
  }
  return bytes;
}

const isMeta = (page: Buffer): boolean =>
  page.readUInt32LE(MAGIC_AT) === MAGIC && page.readUInt32LE(MAGIC_AT + 4) === VERSION;

const metaOf = (page: Buffer): Meta => ({
  lastPage: Number(page.readBigUInt64LE(LAST_PAGE_AT)),
  transaction: Number(page.readBigUInt64LE(TRANSACTION_AT)),
});
