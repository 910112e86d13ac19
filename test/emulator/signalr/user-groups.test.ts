import { UserGroups } from '../../../emulator/signalr/user-groups';
import { MemoryStore } from '../../../emulator/world/store';
import { VirtualClock } from '../../../emulator/world/virtual-clock';

const YEAR_MS = 365 * 86_400_000;

function groupsOf() {
  const clock = new VirtualClock();
  clock.run({ isFrozen: true });
  const store = new MemoryStore();
  const make = () => new UserGroups({ store, clock }, 'signalr/s/user-groups');
  return { clock, make, groups: make() };
}

it('keeps a user in a group for its time, over a restart', async () => {
  const { clock, groups, make } = groupsOf();
  const until = groups.add('h', 'ann', 'g', 60);

  expect(until).toBe(clock.now() + 60_000);
  expect([...make().of('h', 'ann')]).toEqual([['g', until]]);
  await clock.advance(60_000);
  expect([...make().of('h', 'ann'), make().has('h', 'ann', 'g')]).toEqual([false]);
});

it('keeps nothing for a time of 0, and a year where none is given', () => {
  const { clock, groups } = groupsOf();

  expect(groups.add('h', 'ann', 'now', 0)).toBe(Infinity);
  expect(groups.add('h', 'ann', 'ever', undefined)).toBe(clock.now() + YEAR_MS);
  expect([...groups.of('h', 'ann').keys()]).toEqual(['ever']);
});

it('keeps the latest 100 of a user without an end, and those with one beside them', () => {
  const { groups } = groupsOf();
  groups.add('h', 'ann', 'timed', 60);
  groups.add('h', 'bob', 'g0', undefined);

  for (let n = 0; n <= 100; n += 1) groups.add('h', 'ann', `g${n}`, undefined);

  expect(groups.of('h', 'ann').size).toBe(101);
  expect([groups.has('h', 'ann', 'g0'), groups.has('h', 'ann', 'g1'), groups.has('h', 'ann', 'timed')]).toEqual([
    false,
    true,
    true,
  ]);
  expect(groups.has('h', 'bob', 'g0')).toBe(true);
});

it('takes a user out of one group, or all, of one hub', () => {
  const { groups } = groupsOf();
  for (const [hub, group] of [
    ['h', 'a'],
    ['h', 'b'],
    ['other', 'a'],
  ] as const) {
    groups.add(hub, 'ann', group, undefined);
  }

  groups.remove('h', 'ann', 'a');
  expect([...groups.of('h', 'ann').keys()]).toEqual(['b']);
  groups.removeAll('h', 'ann');

  expect([[...groups.of('h', 'ann')], groups.has('other', 'ann', 'a')]).toEqual([[], true]);
});
