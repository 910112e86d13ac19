import type { DeviceDetail, DeviceView } from '../../telemetry/view';

/** A field over time, as a chart takes it: columns of one length, times in seconds since 1970. */
export interface Series {
  readonly field: string;
  readonly at: readonly number[];
  readonly mean: readonly number[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}

/** A reading that came while the page was open. */
export interface LivePoint {
  readonly atMs: number;
  readonly reading: Readonly<Record<string, number>>;
}

/** Of one device's page that stays open: an hour at a message a second. */
export const MAX_POINTS = 3_600;

/** Adds what a device was told to have measured, unless it is known. Views come several times, and late ones stay out. */
export function withPoint(
  points: readonly LivePoint[],
  { at, reading }: Pick<DeviceView, 'at' | 'reading'>,
): readonly LivePoint[] {
  if (at === undefined || reading === undefined) return points;
  const atMs = Date.parse(at);
  const last = points.at(-1);
  return last !== undefined && atMs <= last.atMs ? points : [...points, { atMs, reading }].slice(-MAX_POINTS);
}

type Row = readonly [at: number, mean: number, min: number, max: number];

/**
 * Windows first, each at its middle, then the readings that came after the page was opened.
 *
 * @param windowMs length of a window; the API does not tell it, and no two windows are nearer
 */
export function seriesOf(
  { windows }: Pick<DeviceDetail, 'windows'>,
  points: readonly LivePoint[],
  windowMs: number,
): Series[] {
  const rows = new Map<string, Row[]>();
  const add = (field: string, row: Row): void => {
    const list = rows.get(field);
    if (list === undefined) rows.set(field, [row]);
    else list.push(row);
  };
  let lastAt = -Infinity;
  for (const { startMs, fields } of windows) {
    const at = (startMs + windowMs / 2) / 1_000;
    lastAt = at;
    for (const [field, { count, sum, min, max }] of Object.entries(fields)) add(field, [at, sum / count, min, max]);
  }
  for (const { atMs, reading } of points) {
    if (atMs / 1_000 <= lastAt) continue; // the window has it
    for (const [field, value] of Object.entries(reading)) add(field, [atMs / 1_000, value, value, value]);
  }
  const column = (list: readonly Row[], index: 0 | 1 | 2 | 3): number[] => list.map((row) => row[index]);
  return [...rows]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([field, list]) => ({
      field,
      at: column(list, 0),
      mean: column(list, 1),
      min: column(list, 2),
      max: column(list, 3),
    }));
}

const DEFAULT_WINDOW_MS = 300_000;

/** The least distance of two windows; the pipeline's default where there is but one. */
export function windowMsOf({ windows }: Pick<DeviceDetail, 'windows'>): number {
  const gaps = windows.slice(1).map(({ startMs }, index) => startMs - (windows[index]?.startMs ?? startMs));
  return gaps.length === 0 ? DEFAULT_WINDOW_MS : Math.min(...gaps);
}
