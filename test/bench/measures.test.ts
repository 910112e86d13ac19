import { median, passes } from '../../bench/measures';
import { tableOf } from '../../bench/table';

it('takes the middle value, and the mean of the middle two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

it('passes a figure on its threshold, fails one beyond it, and asks nothing of one without', () => {
  const ratio = { name: 'a : b', unit: 'x' } as const;

  expect(passes({ ...ratio, value: 0.5, limit: { atLeast: 0.5 } })).toBe(true);
  expect(passes({ ...ratio, value: 0.49, limit: { atLeast: 0.5 } })).toBe(false);
  expect(passes({ ...ratio, value: 1.5, limit: { atMost: 1.5 } })).toBe(true);
  expect(passes({ ...ratio, value: 1.51, limit: { atMost: 1.5 } })).toBe(false);
  expect(passes({ ...ratio, value: NaN, limit: { atMost: 1.5 } })).toBe(false);
  expect(passes({ ...ratio, value: 0 })).toBe(true);
});

it('shows breached thresholds and what was skipped', () => {
  const measures = [{ name: 'a : b', value: 0.25, unit: 'x', limit: { atLeast: 0.5 } }] as const;

  const table = tableOf([{ scenario: 'messages', measures, skipped: ['no mosquitto'] }]);

  expect(table).toContain('0.25 x');
  expect(table).toContain('BREACHED');
  expect(table).toContain('skipped in messages: no mosquitto');
});
