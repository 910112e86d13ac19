import fc from 'fast-check';
import { batchesOf, deviceCondition } from '../../domain/batches';
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
