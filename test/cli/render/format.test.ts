import { count, duration, utc } from '../../../cli/render/format';

it.each([
  [20, '<0.1 s'],
  [1_240, '1.2 s'],
  [9_960, '10 s'],
  [59_400, '59 s'],
  [59_600, '1 min'],
  [3_600_000, '1 h'],
  [3_723_000, '1 h 2 min'],
  [90_061_000, '1 d 1 h'],
])('writes %d ms as %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});

it('writes instants in UTC and says so', () => {
  expect(utc('2026-11-21T12:03:22.456+01:00')).toBe('2026-11-21 11:03:22Z');
});

it('counts in singular and plural', () => {
  expect([count(1, 'device'), count(0, 'device'), count(2, 'batch')]).toEqual(['1 device', '0 devices', '2 batches']);
});
