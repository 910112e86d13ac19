const UNITS = [
  [86_400_000, 'day', 'days'],
  [3_600_000, 'h', 'h'],
  [60_000, 'min', 'min'],
  [1_000, 's', 's'],
] as const;

/** A time as people say it, in the largest unit that divides it. @example inWords(600_000) // => '10 min' */
export function inWords(millis: number): string {
  const [size, one, many] = UNITS.find(([unit]) => millis >= unit && millis % unit === 0) ?? [1, 'ms', 'ms'];
  const count = millis / size;
  return `${count} ${count === 1 ? one : many}`;
}
