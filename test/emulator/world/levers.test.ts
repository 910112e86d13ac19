import { openWorld } from '../../../emulator/world/open';
import type { World } from '../../../emulator/world/world';
import type { Levers } from '../../../emulator/admin/server';

const open = (): { world: World; levers: Levers } => {
  const { world, levers } = openWorld({ folder: undefined, admin: true });
  if (levers === undefined) throw new Error('asked for, and not there');
  return { world, levers };
};
const all = { after: 0, limit: 100, wants: () => true };

it('journals what changed, from what to what, without secrets and bodies', () => {
  const { world, levers } = open();
  const devices = world.store.collection('hubs/a/devices');
  devices.put('d', {
    primaryKey: 'c2VjcmV0',
    keys: ['one', 'two'],
    keyName: 'owner',
    nested: { connectionString: 'x' },
  });
  devices.put('d', { body: Buffer.from('four') });
  devices.delete('d');
  devices.delete('d');

  const entries = levers.journal.read(all);

  const hidden = {
    primaryKey: '(hidden)',
    keys: '(hidden)',
    keyName: 'owner',
    nested: { connectionString: '(hidden)' },
  };
  expect(entries.map(({ sequence, key, before, after }) => ({ sequence, key, before, after }))).toEqual([
    { sequence: 1, key: 'd', before: undefined, after: hidden },
    { sequence: 2, key: 'd', before: hidden, after: { body: { bytes: 4 } } },
    { sequence: 3, key: 'd', before: { body: { bytes: 4 } }, after: undefined },
  ]);
  expect(levers.journal.read({ ...all, after: 2 })).toHaveLength(1);
});

it('brings back the state of a snapshot, and has its owners build themselves from it', async () => {
  const { world, levers } = open();
  const devices = world.store.collection<number>('hubs/a/devices');
  const built: unknown[] = [];
  world.rebuild.add({ unload: () => void built.push('unload'), load: () => void built.push([...devices.entries()]) });
  devices.put('kept', 1);
  levers.snapshots.take('before');
  devices.put('kept', 2);
  devices.put('new', 3);
  world.store.collection('hubs/b/devices').put('new', 4);

  expect(await levers.snapshots.restore('before')).toBe(true);

  expect(built).toEqual(['unload', [['kept', 1]]]);
  expect([...world.store.collection('hubs/b/devices').entries()]).toEqual([]);
  expect(levers.snapshots.list()).toMatchObject([{ name: 'before', entryCount: 1 }]);
  expect(await levers.snapshots.restore('other')).toBe(false);
});

it('keeps a snapshot apart from others, and forgets it whole', async () => {
  const { world, levers } = open();
  const hubs = world.store.collection<string>('hubs');
  hubs.put('a', 'first');
  levers.snapshots.take('one');
  hubs.put('a', 'second');
  levers.snapshots.take('two');

  await levers.snapshots.restore('one');
  expect([...hubs.entries()]).toEqual([['a', 'first']]);
  await levers.snapshots.restore('two');
  expect([...hubs.entries()]).toEqual([['a', 'second']]);
  expect(levers.snapshots.delete('one')).toBe(true);
  expect(levers.snapshots.delete('one')).toBe(false);
  expect(world.store.names().filter((name) => name.startsWith('snapshots/'))).toEqual(['snapshots/two/hubs']);
});
