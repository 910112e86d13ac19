import { keptCalibrations } from '../../telemetry/calibrations';
import type { Calibrations, CalibrationStore } from '../../telemetry/ports';

const key = { hub: 'west', deviceId: 'pump-1' };
const found: Calibrations = { Celsius: { slope: 2, offset: 1 } };
const settings = { calibrationSeconds: 300, cachedCalibrations: 2 };

function stand(read: CalibrationStore['read']) {
  const clock = { ms: 1, now: () => clock.ms };
  const spy = jest.fn(read);
  return { clock, spy, kept: keptCalibrations({ read: spy }, settings, clock) };
}

it.each([[found], [undefined]])('keeps %j until it expires', async (calibrations) => {
  const { clock, spy, kept } = stand(() => Promise.resolve(calibrations));

  await expect(kept.read(key)).resolves.toEqual(calibrations);
  clock.ms += 300_000;
  await expect(kept.read(key)).resolves.toEqual(calibrations);
  expect(spy).toHaveBeenCalledTimes(1);

  clock.ms += 1;
  await expect(kept.read(key)).resolves.toEqual(calibrations);
  expect(spy).toHaveBeenCalledTimes(2);
});

it('reads once for all who ask meanwhile', async () => {
  const { spy, kept } = stand(() => Promise.resolve(found));

  await Promise.all([kept.read(key), kept.read(key), kept.read(key)]);

  expect(spy).toHaveBeenCalledTimes(1);
});

it('keeps no failure', async () => {
  const { spy, kept } = stand(() => Promise.resolve(found));
  spy.mockRejectedValueOnce(new Error('503'));

  await expect(kept.read(key)).rejects.toThrow('503');
  await expect(kept.read(key)).resolves.toEqual(found);
});

it('keeps no more than it may', async () => {
  const { spy, kept } = stand(() => Promise.resolve(found));

  for (const deviceId of ['a', 'b', 'c', 'a']) await kept.read({ ...key, deviceId });

  expect(spy).toHaveBeenCalledTimes(4);
});
