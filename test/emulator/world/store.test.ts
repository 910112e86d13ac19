import { mkdtempSync, rmSync, truncateSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { open } from 'lmdb';
import { DurableStore } from '../../../emulator/world/durable-store';
import { MemoryStore, type Store } from '../../../emulator/world/store';

let folder: string;
const stores: Store[] = [];
const durable = (): Store => {
  const store = new DurableStore(folder);
  stores.push(store);
  return store;
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  rmSync(folder, { recursive: true });
});

describe.each([
  ['in memory', () => new MemoryStore()],
  ['durable', durable],
])('a store %s', (_name, make: () => Store) => {
  it('gives back what was put last, and not what was deleted', () => {
    const devices = make().collection<unknown>('hubs/a/devices');
    devices.put('one', { tags: { a: [1, null, true] }, body: Buffer.from('x') });
    devices.put('two', 1);
    devices.put('two', 2);
    devices.put('three', 3);
    devices.delete('three');

    expect(new Map(devices.entries())).toEqual(
      new Map<string, unknown>([
        ['one', { tags: { a: [1, null, true] }, body: Buffer.from('x') }],
        ['two', 2],
      ]),
    );
  });

  it('drops a path with all below it, and nothing beside it', () => {
    const store = make();
    for (const name of ['hubs', 'hubs/a', 'hubs/a/devices', 'hubs/a-b/devices']) store.collection(name).put('k', 1);

    store.drop('hubs/a');

    expect([...store.names()].sort()).toEqual(['hubs', 'hubs/a-b/devices']);
  });

  it('lets who reads a collection change it', () => {
    const rows = make().collection<number>('rows');
    for (let i = 0; i < 2500; i++) rows.put(`row-${i}`, i);

    for (const [key] of rows.entries()) rows.delete(key);

    expect([...rows.entries()]).toEqual([]);
  });
});

it('keeps what was put when it is opened again', async () => {
  durable().collection('hubs').put('a', { name: 'a' });
  await stores.pop()?.close();

  expect([...durable().collection('hubs').entries()]).toEqual([['a', { name: 'a' }]]);
});

it('keeps all of a batch or nothing', () => {
  const store = durable();
  const work = (): void => {
    store.batch(() => {
      store.collection('hubs').put('a', 1);
      store.batch(() => {
        store.collection('hubs').put('b', 1);
      });
      throw new Error('no');
    });
  };

  expect(work).toThrow('no');
  expect([...store.collection('hubs').entries()]).toEqual([]);
});

it.each([
  ['is no database', () => writeFileSync(join(folder, 'data.mdb'), 'x'.repeat(20_000))],
  ['is too short', () => writeFileSync(join(folder, 'data.mdb'), 'x')],
  ['was cut', () => truncateSync(join(folder, 'data.mdb'), 12_000)],
])('refuses a file that %s', async (_what, damage) => {
  durable().collection('hubs').put('a', 'x'.repeat(50_000));
  await stores.pop()?.close();

  damage();

  expect(durable).toThrow(/is damaged or not the emulator's/);
});

it('refuses data of another format', async () => {
  mkdirSync(folder, { recursive: true });
  const database = open({ path: folder });
  database.putSync(['', 'format'], 99);
  await database.close();

  expect(durable).toThrow(/data of format 99/);
});
