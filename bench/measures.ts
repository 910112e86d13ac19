/**
 * One figure of a scenario. `limit` makes it a threshold: ratios have one, both sides measured in the same run, and what
 * does not depend on the machine.
 */
export interface Measure {
  readonly name: string;
  readonly value: number;
  readonly unit: 'x' | '/s' | 'KB' | 'MB' | 'ms' | 's' | 'µs' | 'events' | '';
  readonly limit?: { readonly atLeast: number } | { readonly atMost: number };
}

/** What a scenario measured. `skipped` says why some of it was not, and how that is mended. */
export interface Report {
  readonly scenario: string;
  readonly measures: readonly Measure[];
  readonly skipped: readonly string[];
}

/** Whether a figure keeps to its threshold; one without threshold does. */
export function passes({ value, limit }: Measure): boolean {
  if (limit === undefined) return true;
  return 'atLeast' in limit ? value >= limit.atLeast : value <= limit.atMost;
}

/**
 * The middle value; of an even number the mean of the two in the middle.
 *
 * @param values n >= 1
 * @example median([3, 1, 2]) // => 2
 */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low = NaN, high = NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  return (low + high) / 2;
}
