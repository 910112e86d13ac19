import type { WindowRule } from '../../domain/spec';
import { type Calendar, windowAt } from '../../domain/windows';

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;

/** Opens each minute, in UTC; counts how often it is asked. */
function everyMinute(): Calendar & { asked: number } {
  const calendar = {
    asked: 0,
    last: (at: number) => {
      calendar.asked += 1;
      return Math.floor(at / MINUTE) * MINUTE;
    },
    next: (after: number) => {
      calendar.asked += 1;
      return (Math.floor(after / MINUTE) + 1) * MINUTE;
    },
    startOf: (date: string) => Date.parse(date),
  };
  return calendar;
}

const rule: WindowRule = {
  opens: '* * * * *',
  forMs: 5 * MINUTE,
  zone: { kind: 'fixed', timeZone: 'UTC' },
  freeze: [{ from: '2026-01-01', to: '2026-12-31' }],
  quorum: 1,
};
const NEW_YEAR = Date.parse('2027-01-01');

it('passes over a frozen year in one step', () => {
  const calendar = everyMinute();

  const found = windowAt(rule, calendar, NEW_YEAR - 300 * DAY);

  expect(found?.from).toBe(NEW_YEAR);
  expect(calendar.asked).toBeLessThan(10);
});

it('finds nothing where nothing opens any more', () => {
  const over: Calendar = { last: () => 0, next: () => undefined, startOf: Date.parse };

  expect(windowAt(rule, over, NEW_YEAR)).toBeUndefined();
});
