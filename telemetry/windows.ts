/** What a field came to in a window, of accepted messages. */
export interface FieldSummary {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

/** A device's messages of one span of time, by the times at which the hub has taken them. */
export interface TelemetryWindow {
  /** Ms since 1970; a whole number of windows. */
  readonly startMs: number;
  /** As the settings had it when the window began. */
  readonly lengthMs: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly fields: Readonly<Record<string, FieldSummary>>;
}

/** A field and its value. */
export type Reading = Readonly<Record<string, number>>;

/** What one message adds to its window. */
export interface WindowEntry {
  readonly atMs: number;
  /** None for a rejected message. */
  readonly reading?: Reading;
}

export interface WindowRules {
  readonly windowMinutes: number;
  readonly windowCount: number;
}

const joined = (a: FieldSummary | undefined, value: number): FieldSummary => ({
  count: (a?.count ?? 0) + 1,
  sum: (a?.sum ?? 0) + value,
  min: Math.min(a?.min ?? value, value),
  max: Math.max(a?.max ?? value, value),
});

const withEntry = (
  { accepted, rejected, fields, ...rest }: TelemetryWindow,
  { reading }: WindowEntry,
): TelemetryWindow => ({
  ...rest,
  accepted: accepted + (reading === undefined ? 0 : 1),
  rejected: rejected + (reading === undefined ? 1 : 0),
  fields: {
    ...fields,
    ...Object.fromEntries(Object.entries(reading ?? {}).map(([name, value]) => [name, joined(fields[name], value)])),
  },
});

const spanOf = ({ startMs, lengthMs }: Pick<TelemetryWindow, 'startMs' | 'lengthMs'>): string =>
  `${startMs} ${lengthMs}`;

/**
 * Adds messages to a device's windows. Whatever the order of the messages, the result is the same: what is too old to
 * be kept now was too old whenever it came.
 *
 * @returns the newest `windowCount` spans, oldest first; spans without messages are left out
 */
export function addToWindows(
  windows: readonly TelemetryWindow[],
  entries: readonly WindowEntry[],
  { windowMinutes, windowCount }: WindowRules,
): readonly TelemetryWindow[] {
  const lengthMs = Math.round(windowMinutes * 60_000);
  const bySpan = new Map(windows.map((window) => [spanOf(window), window]));
  for (const entry of entries) {
    const startMs = Math.floor(entry.atMs / lengthMs) * lengthMs;
    const none = { startMs, lengthMs, accepted: 0, rejected: 0, fields: {} };
    bySpan.set(spanOf(none), withEntry(bySpan.get(spanOf(none)) ?? none, entry));
  }
  const all = [...bySpan.values()];
  const newest = Math.max(...all.map(({ startMs }) => startMs));
  return all
    .filter(({ startMs }) => startMs > newest - windowCount * lengthMs)
    .sort((a, b) => a.startMs - b.startMs || a.lengthMs - b.lengthMs);
}

interface Row {
  readonly t: number;
  readonly l: number;
  readonly n: number;
  readonly r: number;
  readonly f: Readonly<Record<string, readonly [count: number, sum: number, min: number, max: number]>>;
}

/** As the column `Windows` holds them: `[{"t":1763800800,"l":300,"n":290,"r":2,"f":{"Celsius":[290,6090.5,20.1,21.9]}}]`, t and l in seconds. */
export const windowsText = (windows: readonly TelemetryWindow[]): string =>
  JSON.stringify(
    windows.map(({ startMs, lengthMs, accepted, rejected, fields }): Row => ({
      t: startMs / 1_000,
      l: lengthMs / 1_000,
      n: accepted,
      r: rejected,
      f: Object.fromEntries(
        Object.entries(fields).map(([name, { count, sum, min, max }]) => [name, [count, sum, min, max]]),
      ),
    })),
  );

/** The reverse of {@link windowsText}. */
export const windowsOf = (text: string): readonly TelemetryWindow[] =>
  (JSON.parse(text) as readonly Row[]).map(({ t, l, n, r, f }) => ({
    startMs: t * 1_000,
    lengthMs: l * 1_000,
    accepted: n,
    rejected: r,
    fields: Object.fromEntries(
      Object.entries(f).map(([name, [count, sum, min, max]]) => [name, { count, sum, min, max }]),
    ),
  }));

/** Longest text of a number in JSON: `-1.2345678901234567e-300` and a comma. */
const NUMBER_CHARS = 25;

/** The most characters that one window takes in {@link windowsText}. */
export const roomOfWindows = (fields: readonly string[]): number =>
  fields.reduce((sum, name) => sum + name.length + '"":[],'.length + 4 * NUMBER_CHARS, 4 * NUMBER_CHARS + 28);
