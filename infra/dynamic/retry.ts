import { setTimeout as sleep } from 'node:timers/promises';

import { hasStatus, isNameUnknown, ServiceFailure } from './failures';

/** How long a role assignment may take to work: up to ten minutes in Azure, though mostly one or two. */
const ACCESS_WAIT_MS = 10 * 60_000;
/** The longest that we obey the service's own `Retry-After`. */
const THROTTLE_WAIT_MS = 15 * 60_000;
/** How long a service may be away. */
const OUTAGE_WAIT_MS = 60_000;
const FIRST_DELAY_MS = 1000;
const MOST_DELAY_MS = 15_000;
const OUTAGES = [500, 502, 503, 504];
const LOST = ['ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN'];

export interface Timing {
  now(): number;
  sleep(ms: number): Promise<unknown>;
}
export const realTime: Timing = { now: () => Date.now(), sleep };

export interface Patience {
  /** The right, or the service's name, may be quite new: wait for it. Else their lack is final. */
  readonly waitForAccess?: boolean;
  /** Told before each wait. */
  readonly onWait?: (failure: ServiceFailure, ms: number) => void;
}

/** How long this failure may last before it is final; 0: at once. */
function patienceFor(failure: ServiceFailure, { waitForAccess = false }: Patience): number {
  if (hasStatus(failure, 429)) return THROTTLE_WAIT_MS;
  if (hasStatus(failure, 401, 403) || isNameUnknown(failure)) return waitForAccess ? ACCESS_WAIT_MS : 0;
  const isOutage = hasStatus(failure, ...OUTAGES) || LOST.includes(failure.details.code ?? '');
  return isOutage ? OUTAGE_WAIT_MS : 0;
}

/**
 * Repeats a call while its failure may pass: throttling for as long as the service says, a right that spreads, outages.
 *
 * @throws ServiceFailure the last one, and whatever else the call throws
 */
export async function retried<T>(call: () => Promise<T>, patience: Patience = {}, time: Timing = realTime): Promise<T> {
  const startedAt = time.now();
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, MOST_DELAY_MS)) {
    try {
      return await call();
    } catch (cause) {
      if (!(cause instanceof ServiceFailure)) throw cause;
      const waitMs = Math.max(cause.details.retryAfterMs ?? 0, delayMs);
      if (time.now() - startedAt + waitMs > patienceFor(cause, patience)) throw cause;
      patience.onWait?.(cause, waitMs);
      await time.sleep(waitMs);
    }
  }
}
