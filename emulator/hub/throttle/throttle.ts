import type { Clock } from '../../world/clock';
import type { Counters } from '../../world/counters';
import { HubError } from '../errors';
import type { Sku } from '../settings';
import { Bucket } from '../../world/bucket';
import { limitOf, type Limited } from './limits';

/**
 * How long a request may wait for its turn before it is refused instead. Azure says only that the queue is bounded.
 */
const BACKLOG_MS = 10_000;

/** Refused within the minute, without a queue: registry operations, and those that cost the service most. */
const UNSHAPED: readonly Limited[] = ['registry', 'queries', 'configurations', 'cloudToDevice'];

/** A refusal for coming too often. */
export class ThrottledError extends HubError {
  constructor(
    name: 'ThrottlingException' | 'ThrottleBacklogLimitExceeded',
    readonly retryAfterSeconds: number,
  ) {
    super(name, `The request has been throttled. Wait ${retryAfterSeconds} seconds and try again.`);
  }
}

/** A hub's limits: off unless asked for. A change of SKU counts with the next request. */
export class Throttle {
  readonly #buckets = new Map<Limited, Bucket>();

  constructor(
    private readonly clock: Clock,
    private readonly sku: () => Sku,
    private readonly counters: Counters,
    readonly isOn: boolean,
  ) {}

  /**
   * Asks for a turn.
   *
   * @returns undefined to go at once, else a promise of the turn. @throws ThrottledError
   */
  take(limited: Limited, n = 1): Promise<void> | undefined {
    const inMs = this.takeTurn(limited, n);
    if (inMs === 0) return undefined;
    return new Promise((resolve) => this.clock.at(this.clock.now() + inMs, resolve));
  }

  /** As {@link take}. @returns how long to wait for the turn, ms */
  takeTurn(limited: Limited, n = 1): number {
    if (!this.isOn) return 0;
    const isShaped = !UNSHAPED.includes(limited);
    const bucket = this.#buckets.get(limited) ?? new Bucket();
    this.#buckets.set(limited, bucket);
    const turn = bucket.take(n, this.clock.now(), limitOf(limited, this.sku()), isShaped ? BACKLOG_MS : 0);
    if (turn.kind === 'go') return turn.inMs;
    this.counters.add(`throttled ${limited}`);
    const name = isShaped ? 'ThrottleBacklogLimitExceeded' : 'ThrottlingException';
    throw new ThrottledError(name, Math.ceil(turn.retryInMs / 1000));
  }
}
