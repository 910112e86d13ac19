import { candidatesOf, chooseHub, policyOf } from '../../../emulator/dps/allocation';
import type { LinkedHub } from '../../../emulator/dps/settings';
import { dpsSettings } from './stand';

const hub = (hostName: string, allocationWeight = 1, applyAllocationPolicy = true): LinkedHub => ({
  hostName,
  connectionString: '',
  location: 'westeurope',
  allocationWeight,
  applyAllocationPolicy,
});
const near = { latencyOf: () => 0, current: undefined };
const shareOf = (hubs: readonly LinkedHub[], hostName: string): number => {
  const ids = Array.from({ length: 4000 }, (_, i) => `device-${i}`);
  const chosen = ids.filter(
    (registrationId) => chooseHub('hashed', hubs, { ...near, registrationId })?.hostName === hostName,
  );
  return chosen.length / ids.length;
};

it.each([
  [[hub('a'), hub('b')], 0.5],
  [[hub('a', 3), hub('b', 1)], 0.75],
  [[hub('a', 1), hub('b', 9)], 0.1],
])('hashes devices to hubs by their weights', (hubs, share) => {
  expect(shareOf(hubs, 'a')).toBeCloseTo(share, 1);
});

it('moves to a new hub only the devices that it gets', () => {
  const before = [hub('a'), hub('b')];
  const after = [...before, hub('c')];
  for (let i = 0; i < 200; i++) {
    const device = { ...near, registrationId: `device-${i}` };
    const now = chooseHub('hashed', after, device)?.hostName;
    expect([chooseHub('hashed', before, device)?.hostName, 'c']).toContain(now);
  }
});

it('hashes a registration id in any case to the same hub, and leaves a device where it is', () => {
  const hubs = [hub('a'), hub('b'), hub('c')];
  const [upper, lower] = ['DEVICE-1', 'device-1'].map((registrationId) =>
    chooseHub('hashed', hubs, { ...near, registrationId }),
  );
  expect(upper).toBe(lower);

  for (const current of ['a', 'B', 'c']) {
    const stays = chooseHub('hashed', hubs, { ...near, registrationId: 'device-1', current });
    expect(stays?.hostName).toBe(current.toLowerCase());
  }
});

it('takes the nearest hub, and hashes among those that are equally near', () => {
  const hubs = [hub('far'), hub('a'), hub('b')];
  const latencyOf = (name: string): number => (name === 'far' ? 80 : 20);
  const chosen = new Set(
    Array.from(
      { length: 50 },
      (_, i) =>
        chooseHub('geoLatency', hubs, { registrationId: `device-${i}`, current: undefined, latencyOf })?.hostName,
    ),
  );
  expect(chosen).toEqual(new Set(['a', 'b']));
  expect(chooseHub('geoLatency', hubs, { registrationId: 'x', current: 'far', latencyOf })?.hostName).not.toBe('far');
});

it('finds no hub where none comes into question', () => {
  expect(chooseHub('hashed', [], { ...near, registrationId: 'x' })).toBeUndefined();
  expect(chooseHub('geoLatency', [], { ...near, registrationId: 'x' })).toBeUndefined();
  expect(chooseHub('static', [hub('a'), hub('b')], { ...near, registrationId: 'x' })).toBeUndefined();
});

const settings = dpsSettings([hub('a.test'), hub('b.test'), hub('idle.test', 1, false)]);

it.each([
  [{}, ['a.test', 'b.test']],
  [{ iotHubs: ['B.test', 'idle.test'] }, ['b.test']],
  [{ iotHubs: ['idle.test'], allocationPolicy: 'static' as const }, ['idle.test']],
  [{ allocationPolicy: 'custom' as const }, ['a.test', 'b.test', 'idle.test']],
  [{ iotHubHostName: 'a.test' }, ['a.test']],
])('lets an enrollment %j choose among %j', (choice, names) => {
  expect(candidatesOf(choice, settings).map(({ hostName }) => hostName)).toEqual(names);
});

it.each([
  [{}, 'hashed'],
  [{ allocationPolicy: 'geoLatency' as const }, 'geoLatency'],
  [{ iotHubHostName: 'a.test' }, 'static'],
  [{ iotHubHostName: 'a.test', iotHubs: ['b.test'] }, 'hashed'],
])('goes by the policy that %j names', (choice, policy) => {
  expect(policyOf(choice, settings)).toBe(policy);
});
