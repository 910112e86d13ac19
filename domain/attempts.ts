import type { ShareCursor } from './share';
import type { RetryRule } from './spec';
import type { DeviceOutcome } from './tally';

/** What a share does next. */
export type NextStep =
  | { readonly kind: 'fresh' }
  /** Goes through what attempt - 1 has left for devices to try once more. */
  | { readonly kind: 'retry'; readonly attempt: number }
  /** The limit is tripped, and nobody is left to try once more. */
  | { readonly kind: 'tripped' }
  | { readonly kind: 'done' };

export interface ShareState {
  readonly cursor: Pick<ShareCursor, 'batches' | 'retries'>;
  /** Whether there are devices that no batch has had yet. */
  readonly freshLeft: boolean;
  /** Whether a failure limit trips on what is counted so far, and nobody has waived it. */
  readonly tripped: boolean;
  /** Attempts a device; at least 1. */
  readonly attempts: number;
}

/** Batches of an attempt that have ended. */
export const endedOf = ({ batches, retries }: ShareState['cursor'], attempt: number): number =>
  attempt === 1 ? batches : (retries.find((each) => each.attempt === attempt)?.made ?? 0);

/** Batches of the attempt before that were gone through for this one. */
export const goneOf = ({ retries }: ShareState['cursor'], attempt: number): number =>
  retries.find((each) => each.attempt === attempt)?.gone ?? 0;

/**
 * Decides what comes next from what has ended: first attempts first; once a limit trips, no new device, but those that
 * have attempts left; after the last first attempt the same.
 *
 * @example nextStep({ cursor: { batches: 2, retries: [] }, freshLeft: true, tripped: true, attempts: 2 }) // => { kind: 'retry', attempt: 2 }
 */
export function nextStep({ cursor, freshLeft, tripped, attempts }: ShareState): NextStep {
  if (freshLeft && !tripped) return { kind: 'fresh' };
  for (let attempt = 2; attempt <= attempts; attempt += 1) {
    if (goneOf(cursor, attempt) < endedOf(cursor, attempt - 1)) return { kind: 'retry', attempt };
  }
  return { kind: tripped ? 'tripped' : 'done' };
}

/** The cursor once batches have ended that were made for an attempt. */
export function advanced(
  cursor: ShareCursor,
  attempt: number,
  { gone, made }: { readonly gone: number; readonly made: number },
): ShareCursor {
  if (attempt === 1) return { ...cursor, batches: cursor.batches + made };
  const others = cursor.retries.filter((each) => each.attempt !== attempt);
  const now = { attempt, gone, made: endedOf(cursor, attempt) + made };
  return { ...cursor, retries: [...others, now].sort((left, right) => left.attempt - right.attempt) };
}

/** Whether a device whose attempt ended so is tried once more, as long as it has attempts left and is still on its hub. */
export const isTriedAgain = ({ on }: RetryRule, { kind, movedTo }: Pick<DeviceOutcome, 'kind' | 'movedTo'>): boolean =>
  movedTo === undefined && (on as readonly string[]).includes(kind);

/**
 * Rest between the end of an attempt and the next one.
 *
 * @param ended number of the attempt that has ended, from 1
 * @example restAfter({ attempts: 3, on: [], firstMs: 1_000, factor: 2, mostMs: 3_000 }, 2) // => 2000
 */
export const restAfter = ({ firstMs, factor, mostMs }: RetryRule, ended: number): number =>
  Math.min(mostMs, firstMs * factor ** (ended - 1));
