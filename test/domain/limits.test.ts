import fc from 'fast-check';
import { type HubSku, jobLookMs, jobLooks, jobOperationsPerMinute, jobSlots } from '../../domain/limits';

const skus = fc.record({
  name: fc.constantFrom<HubSku['name']>('S1', 'S2', 'S3'),
  units: fc.integer({ min: 1, max: 200 }),
});

it('knows the end of a job at most 5 % late, where the quota has room', () => {
  expect(jobLookMs({ name: 'S3', units: 1 }, 0)).toBe(250);
  expect(jobLookMs({ name: 'S3', units: 1 }, 5_000)).toBe(250);
  expect(jobLookMs({ name: 'S3', units: 1 }, 20_000)).toBe(1_000);
  expect(jobLookMs({ name: 'S1', units: 1 }, 0)).toBe(1_200);
  expect(jobLookMs({ name: 'S1', units: 1 }, 60_000)).toBe(3_000);
});

it('never looks more rarely than every five seconds', () => {
  expect(jobLookMs({ name: 'S1', units: 1 }, 3_600_000)).toBe(5_000);
  expect(jobLookMs({ name: 'S2', units: 1 }, 0)).toBe(5_000);
});

it('leaves a quarter of the hub’s job operations to others, whatever runs at once', () => {
  fc.assert(
    fc.property(skus, fc.integer({ min: 0, max: 3_600_000 }), (sku, elapsedMs) => {
      const looksPerMinute = (jobSlots(sku) * 60_000) / jobLookMs(sku, elapsedMs);
      expect(looksPerMinute).toBeLessThanOrEqual(0.75 * jobOperationsPerMinute(sku));
    }),
  );
});

it('counts the looks at a job by its time', () => {
  const sku = { name: 'S3', units: 1 } as const;

  expect(jobLooks(sku, 0)).toBe(1);
  expect(jobLooks(sku, 1_000)).toBe(4);
  expect(jobLooks(sku, 1_001)).toBe(5);
  expect(jobLooks(sku, 60_000)).toBeLessThan(80);
});
