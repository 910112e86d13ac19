import { Calls } from '../../device/calls';
import { mirror } from '../../device/mirror';

it('reports every desired property under its own name, and removals as removals', () => {
  expect([mirror(43, 'building'), mirror({ floor: 3 }, 'place'), mirror(null, 'old')]).toEqual([
    43,
    { floor: 3 },
    null,
  ]);
});

it('keeps what it reports by itself apart from desired properties of the same name', () => {
  expect([mirror({ lockDoor: 99 }, 'calls'), mirror({}, 'provisioning')]).toEqual([undefined, undefined]);
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
