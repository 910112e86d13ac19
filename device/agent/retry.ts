import type { Failure } from './failure';

/**
 * What a device does about its place in the world: asks where it is registered, registers, or connects to the hub it knows.
 */
export type Step = 'lookup' | 'register' | 'connect';

/** Where a device stands when a step fails. */
export interface Standing {
  readonly step: Step;
  /** Steps that have failed since it was last connected; 0 at the first failure. */
  readonly attempt: number;
  /** Failures without an answer from the hub since it was last connected or asked to register, this one included. */
  readonly unanswered: number;
  /** Whether it knows a hub. */
  readonly hasHome: boolean;
  /** Whether the hub that it knows has refused it. */
  readonly refusedAtHome: boolean;
}

/** What a rest is drawn from, ms. */
export interface Range {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** What comes after a failure, and the rest before it. */
export interface Decision extends Range {
  readonly next: Step;
}

/** The first rest after an error of the service is never shorter. Source: iot-dps/how-to-reprovision.md. */
export const FIRST_MS = 5_000;
/** No rest is longer, unless the service asks for it. */
export const MOST_MS = 15 * 60_000;
/**
 * How often in a row a hub may give no answer before the device asks to be provisioned anew. A network that is down looks
 * the same to it as a hub that is gone, and registering is not free: it resets the twin where the enrollment says so.
 */
export const UNANSWERED_BEFORE_REGISTERING = 3;

const doubled = (attempt: number): number => Math.min(MOST_MS, FIRST_MS * 2 ** Math.min(attempt, 20));

/** Full jitter above the least rest. @param attempt from 0 */
export const backOff = (attempt: number): Range => ({ leastMs: FIRST_MS, mostMs: doubled(attempt + 1) });

/**
 * The rules of iot-dps/how-to-reprovision.md: 429 waits as long as the service says, 5xx backs off, anything else goes back
 * to the provisioning service.
 */
export function decide(standing: Standing, failure: Failure): Decision {
  const next = nextStep(standing, failure);
  // Whom the service keeps waiting works on where it was.
  if (standing.step === 'lookup' && next !== 'lookup') return { next, leastMs: 0, mostMs: 0 };
  switch (failure.kind) {
    case 'throttled': {
      const leastMs = failure.retryAfterMs ?? FIRST_MS;
      return { next, leastMs, mostMs: leastMs + Math.max(leastMs, doubled(standing.attempt)) };
    }
    case 'serverError':
    case 'unanswered': {
      const { leastMs, mostMs } = backOff(standing.attempt);
      const asked = failure.retryAfterMs ?? 0;
      return { next, leastMs: Math.max(leastMs, asked), mostMs: Math.max(mostMs, 2 * asked) };
    }
    case 'refused':
      // Devices that one hub has thrown out all at once must not all come to the provisioning service at once.
      if (standing.step === 'connect') return { next, leastMs: 0, mostMs: doubled(standing.attempt) };
      return { next, ...backOff(standing.attempt) };
  }
}

function nextStep({ step, unanswered, hasHome, refusedAtHome }: Standing, { kind }: Failure): Step {
  switch (step) {
    case 'connect':
      if (kind === 'refused') return 'register';
      return kind === 'unanswered' && unanswered >= UNANSWERED_BEFORE_REGISTERING ? 'register' : 'connect';
    case 'lookup':
      if (kind === 'refused') return 'register';
      return hasHome ? 'connect' : 'lookup'; // the service is away: the device works on where it was
    case 'register':
      // The network may be back; and a hub that has not refused the device may still take it where the service does not.
      return hasHome && !refusedAtHome && (kind === 'unanswered' || kind === 'refused') ? 'connect' : 'register';
  }
}

/** @param random 0 to 1, as Math.random gives it */
export const restOf = ({ leastMs, mostMs }: Range, random: number): number =>
  Math.round(leastMs + random * (mostMs - leastMs));
