import type { WindowRule } from '../../domain/spec';
import { type Calendar, windowAt, without } from '../../domain/windows';

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

/** Opens once, at noon of the first of March. */
const NOON = Date.parse('2026-03-01T12:00:00Z');
const once: Calendar = {
  last: (at) => (at >= NOON ? NOON : undefined),
  next: (after) => (after < NOON ? NOON : undefined),
  startOf: (date) => Date.parse(date),
};

it.each([
  ['before it opens', NOON - 1, true],
  ['at the moment when it opens', NOON, true],
  ['right before it shuts', NOON + 5 * MINUTE - 1, true],
  ['at the moment when it shuts', NOON + 5 * MINUTE, false],
])('finds a window %s', (_, at, found) => {
  const open = windowAt({ ...rule, freeze: [] }, once, at);

  expect(open).toEqual(found ? { from: NOON, to: NOON + 5 * MINUTE } : undefined);
});

it('leaves no empty piece where a cut begins or ends with the whole', () => {
  const whole = { from: 0, to: 10 };

  expect(without(whole, [{ from: 0, to: 4 }])).toEqual([{ from: 4, to: 10 }]);
  expect(without(whole, [{ from: 4, to: 10 }])).toEqual([{ from: 0, to: 4 }]);
  expect(without(whole, [whole])).toEqual([]);
  expect(without(whole, [{ from: 10, to: 12 }])).toEqual([whole]);
});
