import { TokenBucket } from 'limiter';
import { setTimeout as pass } from 'node:timers/promises';
import { OPERATIONS_PER_SLOT, SLOTS } from '../../domain/dps-limits';

/** Calls that may come at once: so few that no 60 s ever hold more than the service allows, whenever it counts from. */
const BURST = 60;
/** Where the service does not say how long to rest. */
const USUAL_REST_SECONDS = 10;

/**
 * Places in what a provisioning service allows of operations a minute, for all that this worker does there. Other workers and
 * programs share the limit: what they take shows as 429, and then everybody here rests for as long as the service says.
 *
 * @see docs/decisions/0011-token-buckets.md
 */
export class DpsPace {
  readonly #bucket = new TokenBucket({
    bucketSize: BURST,
    tokensPerInterval: OPERATIONS_PER_SLOT * SLOTS,
    interval: 'minute',
  });
  #quietUntil = 0;

  /** @param sleep waits so many milliseconds */
  constructor(private readonly sleep: (ms: number) => Promise<unknown> = (ms) => pass(ms)) {
    this.#bucket.content = BURST;
  }

  /** How long everybody rests still. */
  get quietMs(): number {
    return Math.max(0, this.#quietUntil - Date.now());
  }

  /** Takes a place, once there is one. */
  async take(): Promise<void> {
    await this.#quiet();
    await this.#bucket.removeTokens(1);
    // Somebody may have been told to rest meanwhile.
    await this.#quiet();
  }

  /** Waits until so many places would be had at once, or as many as there ever are, and takes none. */
  async ready(operations: number): Promise<void> {
    await this.#quiet();
    const places = Math.min(operations, BURST);
    for (let ms = this.#bucket.getWaitTime(places); ms > 0; ms = this.#bucket.getWaitTime(places)) await this.sleep(ms);
  }

  /** The service has refused a call. */
  rest(seconds = USUAL_REST_SECONDS): void {
    this.#quietUntil = Math.max(this.#quietUntil, Date.now() + seconds * 1_000);
  }

  async #quiet(): Promise<void> {
    while (this.quietMs > 0) await this.sleep(this.quietMs);
  }
}
