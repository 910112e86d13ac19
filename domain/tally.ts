import type { DeviceId, HubName } from './ids';

/** How one attempt at one device ended. */
export type OutcomeKind = 'succeeded' | 'failed' | 'timedOut' | 'offline' | 'skipped';

/** One device's outcome, as the ledger keeps it. */
export interface DeviceOutcome {
  readonly deviceId: DeviceId;
  readonly kind: OutcomeKind;
  /** The status that the device itself answered, for a method. */
  readonly status?: number;
  /** Why, in the device's or the hub's words, cut to 500 characters. */
  readonly detail?: string;
  /** `$version` of the desired properties right after this rollout had changed them. */
  readonly desiredVersion?: number;
  /** The device has failed so often that it got the tags of the quarantine. */
  readonly quarantined?: true;
  /** The hub that the quarantine has moved it to: the rollout has done with it. */
  readonly movedTo?: HubName;
}

/** Counts of a set of devices by outcome; the counts add up to the size of the set. */
export type Tally = Readonly<Record<'pending' | 'running' | OutcomeKind, number>>;

export const EMPTY_TALLY: Tally = {
  pending: 0,
  running: 0,
  succeeded: 0,
  failed: 0,
  timedOut: 0,
  offline: 0,
  skipped: 0,
};

const KINDS = Object.keys(EMPTY_TALLY) as (keyof Tally)[];

export const tallyOf = (counts: Partial<Tally>): Tally => ({ ...EMPTY_TALLY, ...counts });

/** Adds tallies of disjoint sets. */
export const mergeTallies = (tallies: readonly Tally[]): Tally =>
  tallyOf(Object.fromEntries(KINDS.map((kind) => [kind, tallies.reduce((sum, tally) => sum + tally[kind], 0)])));

/**
 * Counts devices anew that were counted before: their newer outcomes take the place of the earlier ones.
 *
 * @param was one kind a device; `pending` for one that is counted for the first time but is in the set
 */
export function recount(
  tally: Tally,
  was: readonly (keyof Tally)[],
  outcomes: readonly Pick<DeviceOutcome, 'kind'>[],
): Tally {
  const counts = { ...tally };
  for (const kind of was) counts[kind] -= 1;
  for (const { kind } of outcomes) counts[kind] += 1;
  return counts;
}

/** Devices in the set. */
export const sizeOf = (tally: Tally): number => KINDS.reduce((sum, kind) => sum + tally[kind], 0);

/** Devices that were touched and did not do what they should: answered a failure, or gave no answer in time. */
export const failuresOf = (tally: Tally): number => tally.failed + tally.timedOut;

/** Devices whose attempt came to an end that says something about the change: offline and skipped ones do not. */
export const finishedOf = (tally: Tally): number => tally.succeeded + failuresOf(tally);

/** Devices whose attempt has ended, in whichever way. */
export const endedOf = ({ succeeded, failed, timedOut, offline, skipped }: Tally): number =>
  succeeded + failed + timedOut + offline + skipped;
