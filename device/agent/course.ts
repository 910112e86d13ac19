import type { Arrival } from './cache';
import type { Failure } from './failure';
import {
  type Decision,
  decide,
  FIRST_MS,
  MOST_MS,
  type Range,
  type Step,
  UNANSWERED_BEFORE_REGISTERING,
} from './retry';

/** A device that has lost its connection connects again within this time, so that those of a whole hub do not come at once. */
const RECONNECT_WITHIN_MS = 2_000;
/** A connection that ends sooner counts as one more failure: the next rest may be longer. */
const SHORT_MS = 60_000;

/** What a device does next, and what it has been through since it was last connected. */
export class Course {
  step: Step;
  /** Why it registers, if it does. */
  reason: Arrival['reason'] = 'first';
  private attempt = 0;
  private unanswered = 0;
  private refusedAtHome = false;
  private shortLived = 0;

  /** @param isProvisioned whether there is a service to go back to */
  constructor(private readonly isProvisioned: boolean) {
    this.step = isProvisioned ? 'lookup' : 'connect';
  }

  /** The service has been asked. */
  found(isRegistered: boolean): void {
    if (isRegistered) this.placed();
    else this.step = 'register';
  }

  /**
   * It knows where to go.
   *
   * @param again the service has named the hub that had not answered: one more silence, and the service is asked again, since it
   *   may be told of another hub at any time, and rests have become long by then
   */
  placed(again = false): void {
    this.step = 'connect';
    this.unanswered = again && this.reason === 'unreachable' ? UNANSWERED_BEFORE_REGISTERING - 1 : 0;
    this.refusedAtHome = false;
  }

  connected(): void {
    this.attempt = 0;
    this.unanswered = 0;
    this.refusedAtHome = false;
  }

  /** @returns the rest before it connects again */
  lost(lastedMs: number): Range {
    this.shortLived = lastedMs < SHORT_MS ? this.shortLived + 1 : 0;
    return { leastMs: 0, mostMs: Math.min(MOST_MS, RECONNECT_WITHIN_MS * 2 ** Math.min(this.shortLived, 20)) };
  }

  /** @returns what comes next, and the rest before it */
  failed(failure: Failure, hasHome: boolean): Decision {
    if (this.step === 'connect') this.failedAtHome(failure);
    const { step, attempt, unanswered, refusedAtHome } = this;
    const decision = decide({ step, attempt, unanswered, hasHome, refusedAtHome }, failure);
    this.attempt += 1;
    if (!this.isProvisioned) return stayingHome(decision);
    if (step === 'connect' && decision.next === 'register') {
      this.reason = failure.kind === 'refused' ? 'refused' : 'unreachable';
      this.unanswered = 0;
    }
    this.step = decision.next;
    return decision;
  }

  private failedAtHome({ kind }: Failure): void {
    if (kind === 'unanswered') this.unanswered += 1;
    if (kind === 'refused') this.refusedAtHome = true;
  }
}

/** A refusal where there is nobody to go back to is tried again like any other failure. */
const stayingHome = ({ leastMs, mostMs }: Decision): Decision => ({
  next: 'connect',
  leastMs: Math.max(leastMs, FIRST_MS),
  mostMs: Math.max(mostMs, 2 * FIRST_MS),
});
