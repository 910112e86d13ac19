import fc from 'fast-check';
import { behavioursOf, chosen, deviceIdsOf } from '../../device/behaviour';

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

it('numbers devices so that their ids sort as they count', () => {
  const devices = deviceIdsOf('door', 120);

  expect(devices[0]).toBe('door-0001');
  expect([...devices].sort()).toEqual(devices);
});
