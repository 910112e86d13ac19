import { Bucket } from '../../../emulator/world/bucket';
import { limitOf } from '../../../emulator/hub/throttle/limits';

const LIMIT = { count: 10, windowMs: 1000 };

it('lets a burst pass, then gives turns at the rate of the limit, then refuses', () => {
  const bucket = new Bucket();
  const turns = Array.from({ length: 14 }, () => bucket.take(1, 0, LIMIT, 300));

  expect(turns.slice(0, 10)).toEqual(Array(10).fill({ kind: 'go', inMs: 0 }));
  expect(turns.slice(10)).toEqual([
    { kind: 'go', inMs: 100 },
    { kind: 'go', inMs: 200 },
    { kind: 'go', inMs: 300 },
    { kind: 'refused', retryInMs: 100 },
  ]);
});

it('fills as time goes, to one window and no more', () => {
  const bucket = new Bucket();
  bucket.take(10, 0, LIMIT, 0);

  expect(bucket.take(1, 50, LIMIT, 0)).toEqual({ kind: 'refused', retryInMs: 50 });
  expect(bucket.take(1, 100, LIMIT, 0)).toEqual({ kind: 'go', inMs: 0 });
  expect(bucket.take(10, 60_000, LIMIT, 0)).toEqual({ kind: 'go', inMs: 0 });
  expect(bucket.take(1, 60_000, LIMIT, 0)).toEqual({ kind: 'refused', retryInMs: 100 });
});

it('counts a bulk as what it holds, even one larger than the limit', () => {
  const bucket = new Bucket();

  expect(bucket.take(25, 0, LIMIT, 0)).toEqual({ kind: 'go', inMs: 0 });
  expect(bucket.take(1, 1000, LIMIT, 0)).toMatchObject({ kind: 'refused' });
  expect(bucket.take(1, 2000, LIMIT, 0)).toEqual({ kind: 'go', inMs: 0 });
});

it('has the numbers of the documentation', () => {
  expect(limitOf('registry', { name: 'S1', units: 2 })).toEqual({ count: 200, windowMs: 60_000 });
  expect(limitOf('deviceToCloud', { name: 'S1', units: 2 }).count).toBe(100);
  expect(limitOf('deviceToCloud', { name: 'S1', units: 9 }).count).toBe(108);
  expect(limitOf('twinReads', { name: 'S2', units: 20 }).count).toBe(200);
  expect(limitOf('twinUpdates', { name: 'S3', units: 1 }).count).toBe(250);
  expect(limitOf('methods', { name: 'S1', units: 1 }).count).toBe(40);
});
