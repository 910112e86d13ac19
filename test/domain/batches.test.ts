import fc from 'fast-check';
import { batchesOf, deviceCondition, fitsOneBatch } from '../../domain/batches';
import { deviceIdOf } from '../../domain/ids';
import { MAX_CONDITION_LENGTH } from '../../domain/limits';

const ids = fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9\-']{1,128}$/).map(deviceIdOf), { maxLength: 600 });

it('cuts into batches of the given size, the last one smaller', () => {
  expect(batchesOf(['a', 'b', 'c'].map(deviceIdOf), 2)).toEqual([['a', 'b'], ['c']]);
});

it('keeps every device, the size, and a condition that a job accepts', () => {
  fc.assert(
    fc.property(ids, fc.integer({ min: 1, max: 1_000 }), (devices, size) => {
      const batches = batchesOf(devices, size);

      expect(batches.flat()).toEqual(devices);
      for (const batch of batches) {
        expect(batch.length).toBeGreaterThan(0);
        expect(batch.length).toBeLessThanOrEqual(size);
        expect(deviceCondition(batch).length).toBeLessThan(MAX_CONDITION_LENGTH);
      }
    }),
  );
});

it('fills a batch up to the last device whose condition still fits', () => {
  const devices = Array.from({ length: 400 }, (_, index) =>
    deviceIdOf(`4b1d3e0a-6f7c-4a35-9d1e-${String(index).padStart(12, '0')}`),
  );

  const [first = [], second = []] = batchesOf(devices, 1_000);

  expect(deviceCondition([...first, ...second.slice(0, 1)]).length).toBeGreaterThanOrEqual(MAX_CONDITION_LENGTH);
});

it('escapes the quote, which device ids may hold', () => {
  expect(deviceCondition([deviceIdOf("o'hare")])).toBe("deviceId IN ['o\\'hare']");
});

/** Sixty-two long ids, and one that makes the whole condition so many characters long. */
function devicesOf(conditionLength: number) {
  const long = Array.from({ length: 62 }, (_, index) => String(index).padStart(128, 'x'));
  const rest = conditionLength - deviceCondition(long.map(deviceIdOf)).length - ",''".length;
  return [...long, 'y'.repeat(rest)].map(deviceIdOf);
}

it.each([
  [MAX_CONDITION_LENGTH - 1, true],
  [MAX_CONDITION_LENGTH, false],
])('lets a condition of %d characters be one batch: %s', (length, fits) => {
  const devices = devicesOf(length);

  expect(deviceCondition(devices)).toHaveLength(length);
  expect(batchesOf(devices, 1_000)).toHaveLength(fits ? 1 : 2);
  expect(fitsOneBatch(devices, 1_000)).toBe(fits);
});

it.each([
  [0, 1, true],
  [1, 1, true],
  [2, 1, false],
  [2, 2, true],
  [3, 2, false],
])('lets %d devices be one batch of %d: %s', (count, size, fits) => {
  const devices = Array.from({ length: count }, (_, index) => deviceIdOf(`door-${index}`));

  expect(fitsOneBatch(devices, size)).toBe(fits);
});
