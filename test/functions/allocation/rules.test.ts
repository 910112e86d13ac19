import { allocationRules, hubForNew } from '../../../functions/allocation/rules';
import { BAD, EAST, WEST } from './requests';

const ids = Array.from({ length: 4_000 }, (_, index) => `door-${index}`);
const shareOf = (hub: string, given: readonly (string | undefined)[]): number =>
  given.filter((each) => each === hub).length / given.length;
const place = (newDevices: Record<string, number>, linkedHubs: readonly string[]) =>
  ids.map((registrationId) => hubForNew(newDevices, { registrationId, linkedHubs }));

it('spreads new devices by weight over the linked hubs that take some', () => {
  const given = place({ [WEST]: 3, [EAST]: 1, 'unlinked.azure-devices.net': 5 }, [BAD, EAST, WEST]);

  expect(shareOf(WEST, given)).toBeCloseTo(0.75, 1);
  expect(shareOf(EAST, given)).toBeCloseTo(0.25, 1);
});

it('gives a device the same hub each time, in capital letters too and in any order of hubs', () => {
  const weights = { [WEST]: 1, [EAST]: 1 };

  for (const registrationId of ids.slice(0, 50)) {
    const first = hubForNew(weights, { registrationId, linkedHubs: [WEST, EAST] });
    expect(hubForNew(weights, { registrationId: registrationId.toUpperCase(), linkedHubs: [EAST, WEST] })).toBe(first);
  }
});

it('gives a hub that is added devices, and no other hub any', () => {
  const before = place({ [WEST]: 1, [EAST]: 1 }, [WEST, EAST]);
  const after = place({ [WEST]: 1, [EAST]: 1, [BAD]: 1 }, [WEST, EAST, BAD]);

  const moved = after.filter((hub, index) => hub !== before[index]);
  expect(new Set(moved)).toEqual(new Set([BAD]));
  expect(moved.length / ids.length).toBeCloseTo(1 / 3, 1);
});

it.each([
  ['no default', {}],
  ['a weight of nothing', { default: { newDevices: { [WEST]: 0 } } }],
  ['a word that nobody knows', { default: { newDevices: {}, static: WEST } }],
])('refuses rules with %s', (_, rules) => {
  expect(allocationRules.safeParse(rules).success).toBe(false);
});

it('finds a group however its id is spelt', () => {
  const rules = allocationRules.parse({
    default: { newDevices: {} },
    groups: { Doors: { newDevices: { [WEST]: 1 } } },
  });

  expect(Object.keys(rules.groups)).toEqual(['doors']);
});
