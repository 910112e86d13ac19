import { Calls } from '../../device/calls';
import { mirrored } from '../../device/desired';

it('reports every desired property under its own name, and removals as removals', () => {
  const change = { $version: 7, $metadata: {}, building: 43, place: { floor: 3 }, old: null };

  expect(mirrored(change)).toEqual({ building: 43, place: { floor: 3 }, old: null });
});

it('keeps its own counters apart from desired properties of the same name', () => {
  expect(mirrored({ calls: { lockDoor: 99 } })).toEqual({});
});

it('goes on counting where an earlier process of the device has stopped', () => {
  const calls = new Calls();

  calls.restore({ lockDoor: 3, $lastUpdated: 'x' });

  expect([calls.count('lockDoor'), calls.count('lockDoor'), calls.count('unlock')]).toEqual([4, 5, 1]);
});

it('does not let an older report take back what it has counted itself', () => {
  const calls = new Calls();
  calls.count('lockDoor');
  calls.count('lockDoor');

  calls.restore({ lockDoor: 1 });

  expect(calls.count('lockDoor')).toBe(3);
});
