/** Units in which times are told, the largest first, with their lengths in milliseconds. */
export const TIME_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A time as people write it, in the largest unit that leaves no rest. @example spanText(600_000) // => '10 min' */
export function spanText(ms: number): string {
  const [unit, size] = TIME_UNITS.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1];
  return `${ms / size} ${unit}`;
}

/**
 * A duration in its two largest units; below ten seconds with one decimal.
 *
 * @example duration(3_723_000) // => '1 h 2 min'
 */
export function duration(ms: number): string {
  if (ms < 100) return '<0.1 s';
  if (ms < 9_950) return `${Number((ms / 1_000).toFixed(1))} s`;
  let rest = Math.round(ms / 1_000) * 1_000;
  const parts = TIME_UNITS.flatMap(([unit, size]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count === 0 ? [] : [`${count} ${unit}`];
  });
  return parts.slice(0, 2).join(' ');
}
