import fc from 'fast-check';
import { telemetrySettings } from '../../telemetry/settings';
import { addToWindows, roomOfWindows, windowsOf, windowsText } from '../../telemetry/windows';
import { NOON } from '../support/telemetry';

const rules = { windowMinutes: 5, windowCount: 3 };
const minutes = (count: number): number => NOON + count * 60_000;

it('sums up accepted messages, and counts rejected ones', () => {
  const windows = addToWindows(
    [],
    [
      { atMs: minutes(0), reading: { Celsius: 20, hPa: 1_000 } },
      { atMs: minutes(4.99), reading: { Celsius: 22 } },
      { atMs: minutes(2) },
      { atMs: minutes(5), reading: { Celsius: 30 } },
    ],
    rules,
  );

  expect(windows).toEqual([
    {
      startMs: NOON,
      lengthMs: 300_000,
      accepted: 2,
      rejected: 1,
      fields: {
        Celsius: { count: 2, sum: 42, min: 20, max: 22 },
        hPa: { count: 1, sum: 1_000, min: 1_000, max: 1_000 },
      },
    },
    {
      startMs: minutes(5),
      lengthMs: 300_000,
      accepted: 1,
      rejected: 0,
      fields: { Celsius: { count: 1, sum: 30, min: 30, max: 30 } },
    },
  ]);
  expect(windowsOf(windowsText(windows))).toEqual(windows);
});

it('keeps the newest windows, and comes to the same whatever the order', () => {
  const entry = fc.record({
    atMs: fc.integer({ min: 0, max: 60 }).map(minutes),
    value: fc.integer({ min: -9, max: 9 }),
  });
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1 }),
      fc.infiniteStream(fc.nat()),
      fc.nat(),
      (entries, keys: Iterator<number, number>, cut) => {
        const all = entries.map(({ atMs, value }) => ({ atMs, ...(value > 0 && { reading: { Celsius: value } }) }));
        const shuffled = all
          .map((one) => ({ one, key: keys.next().value }))
          .sort((a, b) => a.key - b.key)
          .map(({ one }) => one);
        const [first, second] = [shuffled.slice(0, cut), shuffled.slice(cut)];

        const parts = [first, second].filter((part) => part.length > 0);
        const windows = parts.reduce<ReturnType<typeof addToWindows>>(
          (sum, part) => addToWindows(sum, part, rules),
          [],
        );

        expect(windows).toEqual(addToWindows([], all, rules));
        expect(windows.length).toBeLessThanOrEqual(3);
      },
    ),
  );
});

it('keeps spans of two lengths apart after a change of the settings', () => {
  const before = addToWindows([], [{ atMs: minutes(0) }], rules);

  const after = addToWindows(before, [{ atMs: minutes(0.5) }, { atMs: minutes(1) }], { ...rules, windowMinutes: 1 });

  expect(after.map(({ startMs, lengthMs, rejected }) => [startMs, lengthMs, rejected])).toEqual([
    [minutes(0), 60_000, 1],
    [minutes(0), 300_000, 1],
    [minutes(1), 60_000, 1],
  ]);
});

/** 24 characters: the most that a number takes in JSON. */
const LONGEST = Number('-1.2345678901234567e-300');

it('knows the most room that windows take', () => {
  const wide = {
    count: Number.MAX_SAFE_INTEGER,
    sum: LONGEST,
    min: LONGEST,
    max: -1e21,
  };
  const fields = Object.keys(telemetrySettings({}).fields);
  const window = {
    startMs: Number.MAX_SAFE_INTEGER,
    lengthMs: Number.MAX_SAFE_INTEGER,
    accepted: Number.MAX_SAFE_INTEGER,
    rejected: Number.MAX_SAFE_INTEGER,
    fields: Object.fromEntries(fields.map((name) => [name, wide])),
  };

  expect(windowsText([window, window]).length).toBeLessThanOrEqual(2 * roomOfWindows(fields));
});
