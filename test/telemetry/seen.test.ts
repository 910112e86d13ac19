import {
  bounded,
  covering,
  RESTART_MS,
  runsOf,
  type SeenStream,
  standingOf,
  streamFor,
  united,
} from '../../telemetry/seen';

const at = (sequence: number, enqueuedAtMs = 1_000) => ({ sequence, enqueuedAtMs });
const stream = (ranges: SeenStream['ranges'], more: Partial<SeenStream> = {}): SeenStream => ({
  ranges,
  atMs: 1_000,
  ...more,
});

it('makes a run of numbers without a gap', () => {
  expect(runsOf([3, 4, 4, 5, 9, 11, 12])).toEqual([
    [3, 5],
    [9, 9],
    [11, 12],
  ]);
  expect(runsOf([])).toEqual([]);
});

it('joins ranges that touch, overlap or lie in one another', () => {
  expect(
    united([
      [10, 12],
      [0, 3],
      [4, 5],
      [11, 20],
      [13, 14],
      [30, 30],
    ]),
  ).toEqual([
    [0, 5],
    [10, 20],
    [30, 30],
  ]);
});

it('takes what lies in a gap, above or below for new, and what lies in a range for a duplicate', () => {
  const seen = stream([
    [5, 9],
    [20, 29],
  ]);

  expect([4, 5, 9, 10, 19, 20, 30].map((sequence) => standingOf(seen, at(sequence)))).toEqual([
    'new',
    'duplicate',
    'duplicate',
    'new',
    'new',
    'duplicate',
    'new',
  ]);
  expect(standingOf(undefined, at(5))).toBe('new');
});

it('closes the oldest gap of the longest stream, and says of what came into it that it is too late', () => {
  const long = stream([
    [5, 9],
    [20, 29],
    [40, 49],
  ]);

  const seen = bounded({ a: stream([[0, 4]]), b: long }, 3);

  expect(seen).toEqual({
    a: stream([[0, 4]]),
    b: {
      ...long,
      ranges: [
        [5, 29],
        [40, 49],
      ],
      floor: 19,
    },
  });
  expect([4, 7, 12, 19, 20, 35, 45].map((sequence) => standingOf(seen['b'], at(sequence)))).toEqual([
    'new',
    'tooLate',
    'tooLate',
    'tooLate',
    'duplicate',
    'new',
    'duplicate',
  ]);
});

it('keeps one range of each stream, however many streams there are', () => {
  const seen = { a: stream([[0, 4]]), b: stream([[7, 8]]), c: stream([[1, 1]]) };

  expect(bounded(seen, 2)).toBe(seen);
});

it('remembers when the highest number was taken', () => {
  const low = covering(undefined, [[5, 9]], 700);

  expect(covering(low, [[0, 3]], 500)).toMatchObject({ atMs: 700 });
  expect(covering(low, [[20, 21]], 900)).toMatchObject({ atMs: 900 });
});

describe('an event hub made anew under its name', () => {
  const before = stream([[0, 500]], { floor: 20 });

  it('is known by a low number that was taken late, and begins with nothing', () => {
    const after = streamFor(before, [at(3, 1_001 + RESTART_MS)]);

    expect(after).toEqual({ ranges: [], atMs: 1_000, sinceMs: 1_000 });
    expect(standingOf(after, at(3, 1_001 + RESTART_MS))).toBe('new');
  });

  it('takes nothing of the former', () => {
    const after = covering(streamFor(before, [at(3, 90_000)]), [[3, 3]], 90_000);

    expect(standingOf(after, at(501, 1_000))).toBe('tooLate');
    expect(standingOf(after, at(4, 90_001))).toBe('new');
  });

  it('is none where clocks differ a little, or the number is higher', () => {
    expect(streamFor(before, [at(3, 1_000 + RESTART_MS), at(501, 90_000)])).toBe(before);
  });
});
