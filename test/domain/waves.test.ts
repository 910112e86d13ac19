import fc from 'fast-check';
import type { WaveSize } from '../../domain/spec';
import { slices, waveCounts, waveSizeText } from '../../domain/waves';

const count = (n: number): WaveSize => ({ kind: 'count', count: n });
const share = (n: number): WaveSize => ({ kind: 'share', share: n });
const rest: WaveSize = { kind: 'rest' };

const sizes = fc
  .array(
    fc.oneof(fc.integer({ min: 1, max: 500 }).map(count), fc.double({ min: 0.001, max: 1, noNaN: true }).map(share)),
  )
  .map((list) => [...list, rest]);

it.each([
  { asked: [count(5), share(0.2), rest], total: 100, counts: [5, 20, 75] },
  { asked: [count(5), share(0.2), rest], total: 1, counts: [1, 0, 0] },
  { asked: [share(0.01), rest], total: 1, counts: [1, 0] },
  { asked: [share(0.07), rest], total: 100, counts: [7, 93] },
  { asked: [share(0.5), share(0.5), share(0.5), rest], total: 3, counts: [2, 1, 0, 0] },
  { asked: [rest], total: 7, counts: [7] },
])('cuts $total devices into $counts', ({ asked, total, counts }) => expect(waveCounts(asked, total)).toEqual(counts));

it('gives every device a wave, and the first wave at least one', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 5_000 }), (asked, total) => {
      const counts = waveCounts(asked, total);

      expect(counts.reduce((sum, n) => sum + n, 0)).toBe(total);
      expect(counts[0]).toBeGreaterThan(0);
      expect(Math.min(...counts)).toBeGreaterThanOrEqual(0);
    }),
  );
});

it('slices in order and loses nothing', () => {
  fc.assert(
    fc.property(sizes, fc.integer({ min: 1, max: 500 }), (asked, total) => {
      const items = Array.from({ length: total }, (_, index) => index);

      expect(slices(items, waveCounts(asked, total)).flat()).toEqual(items);
    }),
  );
});

it('writes sizes as a spec does', () =>
  expect([count(5), share(0.2), rest].map(waveSizeText)).toEqual(['5', '20%', 'rest']));
