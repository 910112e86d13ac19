export interface Backoff {
  readonly retryBaseMs: number;
  readonly retryCapMs: number;
}

/**
 * How long to wait before a try: at random between the base and a ceiling that doubles with each try, so that hosts that
 * have met once do not meet again. The libraries at hand draw from 0, or add to a fixed wait.
 *
 * @param attempt 1 for the first wait
 * @param random  from 0, below 1
 * @returns       ms, from `retryBaseMs` up to min(`retryCapMs`, `retryBaseMs` * 2^attempt)
 * @example       backoffMs(3, { retryBaseMs: 20, retryCapMs: 2000 }, () => 0.5) // => 90
 */
export function backoffMs(attempt: number, { retryBaseMs, retryCapMs }: Backoff, random: () => number): number {
  const ceiling = Math.min(retryCapMs, retryBaseMs * 2 ** attempt);
  return retryBaseMs + random() * (ceiling - retryBaseMs);
}
