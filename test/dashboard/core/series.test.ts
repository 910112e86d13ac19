import { type LivePoint, seriesOf, windowMsOf, withPoint } from '../../../dashboard/core/series';
import { viewOf } from '../../support/device-views';

const START = Date.parse('2026-11-22T08:00:00Z');
const window = (n: number, sum: number) => ({
  startMs: START + n * 60_000,
  lengthMs: 60_000,
  accepted: 2,
  rejected: 0,
  fields: { Celsius: { count: 2, sum, min: 1, max: sum } },
});
const detail = { windows: [window(0, 10), window(1, 20), window(4, 30)] };

it('plots windows in their middle, then what has come after them', () => {
  const points: LivePoint[] = [
    { atMs: START + 250_000, reading: { Celsius: 99 } }, // the last window has it
    { atMs: START + 290_000, reading: { Celsius: 7, hPa: 1000 } },
  ];
  const at = [30, 90, 270, 290].map((seconds) => START / 1_000 + seconds);
  expect(seriesOf(detail, points, windowMsOf(detail))).toEqual([
    { field: 'Celsius', at, mean: [5, 10, 15, 7], min: [1, 1, 1, 7], max: [10, 20, 30, 7] },
    { field: 'hPa', at: at.slice(3), mean: [1000], min: [1000], max: [1000] },
  ]);
});

it('takes a reading once, and none that is late or missing', () => {
  const first = withPoint([], viewOf('a'));
  expect(first).toEqual([{ atMs: START, reading: { Celsius: 21.5, hPa: 1013 } }]);
  expect(withPoint(first, viewOf('a'))).toBe(first);
  expect(withPoint(first, viewOf('a', { at: '2026-11-22T07:59:00Z' }))).toBe(first);
  expect(withPoint(first, {})).toBe(first);
});

it('takes one window for five minutes long', () => {
  expect([windowMsOf(detail), windowMsOf({ windows: [window(0, 1)] })]).toEqual([60_000, 300_000]);
});
