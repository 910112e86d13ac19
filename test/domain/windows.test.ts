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

describe('a freeze amid a window', () => {
  const [opens, freezes, thaws, shuts] = ['2026-03-01', '2026-03-02', '2026-03-03', '2026-03-04'].map((date) =>
    Date.parse(date),
  ) as [number, number, number, number];
  const march: Calendar = {
    last: (at) => (at >= opens ? opens : undefined),
    next: (after) => (after < opens ? opens : undefined),
    startOf: (date) => Date.parse(date),
  };
  const cut: WindowRule = { ...rule, forMs: 3 * DAY, freeze: [{ from: '2026-03-02', to: '2026-03-02' }] };
  const [before, behind] = [
    { from: opens, to: freezes },
    { from: thaws, to: shuts },
  ];

  it.each([
    ['right before it begins', freezes - 1, before],
    ['at the moment when it begins', freezes, behind],
    ['right before it ends', thaws - 1, behind],
    ['at the moment when it ends', thaws, behind],
    ['right before the window shuts', shuts - 1, behind],
    ['when the window has shut', shuts, undefined],
  ])('leaves the part to run in, asked %s', (_, at, part) => {
    expect(windowAt(cut, march, at)).toEqual(part);
  });
});

it('passes over a freeze in one step that begins at the moment when a frozen window shuts', () => {
  const calendar = everyMinute();
  const freeze = [
    { from: '2026-01-01', to: '2026-01-01' },
    { from: '2026-01-02', to: '2026-12-31' },
  ];

  const found = windowAt({ ...rule, freeze }, calendar, Date.parse('2026-01-01T23:55:00Z'));

  expect(found?.from).toBe(NEW_YEAR);
  expect(calendar.asked).toBe(2);
});
