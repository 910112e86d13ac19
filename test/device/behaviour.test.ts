import fc from 'fast-check';
import { behavioursOf, chosen, deviceIdsOf } from '../../device/behaviour';
import { parseProfiles } from '../../device/profiles';

const ids = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 60 });
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('chosen', () => {
  it('picks the asked share, rounded to whole devices', () => {
    fc.assert(
      fc.property(ids, share, (devices, part) => {
        expect(chosen(devices, part, 'fail').size).toBe(Math.round(part * devices.length));
      }),
    );
  });

  it('picks the same devices in whatever order they are listed', () => {
    fc.assert(
      fc.property(ids, share, (devices, part) => {
        const forth = chosen(devices, part, 'fail');
        const back = chosen([...devices].reverse(), part, 'fail');
        expect([...back].sort()).toEqual([...forth].sort());
      }),
    );
  });

  it('picks others under another salt', () => {
    const devices = deviceIdsOf('door', 100);

    const failing = chosen(devices, 0.1, 'fail');
    const offline = chosen(devices, 0.1, 'offline');

    expect([...offline].filter((id) => failing.has(id)).length).toBeLessThan(10);
  });
});

it('gives every device of a fleet its behaviour', () => {
  const devices = deviceIdsOf('door', 200);

  const behaviours = devices.map(behavioursOf(devices, { failShare: 0.25, offlineShare: 0.1 }));

  expect(behaviours.filter(({ fails }) => fails)).toHaveLength(50);
  expect(behaviours.filter(({ offline }) => offline)).toHaveLength(20);
});

it('gives devices what their profiles and their names say', () => {
  const devices = deviceIdsOf('door', 100);
  const profiles = parseProfiles(
    JSON.stringify({
      ...{ slow: { share: 0.1, delayMs: 50 }, flapping: { share: 0.2, everyMs: 500 }, ackOnly: 0.05 },
      devices: { 'door-0007': ['vanishing', 'slow'] },
    }),
  );

  const behaviourOf = behavioursOf(devices, { failShare: 0, offlineShare: 0, profiles });

  const behaviours = devices.filter((id) => id !== 'door-0007').map(behaviourOf);
  const count = (is: (behaviour: (typeof behaviours)[number]) => boolean): number => behaviours.filter(is).length;
  expect(behaviourOf('door-0007')).toMatchObject({ reprovision: 'vanishes', delayMs: 50, fails: false });
  expect(count(({ delayMs }) => delayMs === 50)).toBeGreaterThanOrEqual(9);
  expect(count(({ flapsEveryMs }) => flapsEveryMs === 500)).toBeGreaterThanOrEqual(19);
  expect(count(({ reprovision }) => reprovision === 'acksOnly')).toBeGreaterThanOrEqual(4);
});

it.each([
  ['vanishing', '{"vanishing":2}'],
  ['slow.delayMs', '{"slow":{"share":0.1}}'],
  ['not JSON', 'vanishing'],
  ['"vanshing"', '{"vanshing":0.1}'],
])('names %s when it cannot read the profiles', (field, text) => {
  expect(() => parseProfiles(text)).toThrow(field);
});

it('numbers devices so that their ids sort as they count', () => {
  const devices = deviceIdsOf('door', 120);

  expect(devices[0]).toBe('door-0001');
  expect([...devices].sort()).toEqual(devices);
});
