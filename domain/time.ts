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
