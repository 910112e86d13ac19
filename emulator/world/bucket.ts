/** A limit: so many in a window. */
export interface Limit {
  readonly count: number;
  readonly windowMs: number;
}

/** What a bucket says: go at once or after a wait, or not at all and try again after so long. */
export type Turn =
  { readonly kind: 'go'; readonly inMs: number } | { readonly kind: 'refused'; readonly retryInMs: number };

/**
 * A token bucket that holds one window's worth. Who comes when it is empty gets a turn later, at the limit's rate, as
 * long as the wait stays within `backlogMs`; 0 refuses at once.
 */
export class Bucket {
  #tokens: number | undefined;
  #filledAt = 0;

  /** @param now ms since the epoch. @param n tokens; the first to find any may overdraw, so that no n is too large */
  take(n: number, now: number, { count, windowMs }: Limit, backlogMs: number): Turn {
    const perMs = count / windowMs;
    const before = this.#tokens ?? count;
    const tokens = Math.min(count, before + Math.max(0, now - this.#filledAt) * perMs);
    this.#filledAt = now;
    const inMs = tokens >= Math.min(n, count) ? 0 : Math.ceil((Math.min(n, count) - tokens) / perMs);
    const isRefused = inMs > backlogMs;
    this.#tokens = isRefused ? tokens : tokens - n;
    return isRefused ? { kind: 'refused', retryInMs: inMs - backlogMs } : { kind: 'go', inMs };
  }
}
