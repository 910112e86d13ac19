import type { HubName, RolloutId } from './ids';
import type { Gate, BatchRule } from './spec';
import type { Tally } from './tally';

/** Which way devices are gone over: forward in a wave, back, or once more those that were offline. */
export type Pass = 'wave' | 'rollback' | 'catchUp';

/** A wave's devices on one hub and, where the window goes by the device's zone, in one zone. */
export interface ShareRef {
  readonly rolloutId: RolloutId;
  readonly pass: Pass;
  /** Counts from 1; 0 for the catch-up, which goes over the stragglers of every wave. */
  readonly wave: number;
  /** `part` of the planned share, unique within the wave; for the catch-up the position of the hub in the spec, from 1. */
  readonly part: number;
  readonly hub: HubName;
}

/** What may be changed of a running rollout: takes effect with the next batch. */
export type RunSettings = Pick<Gate, 'failureLimit' | 'limits' | 'minimum'> &
  Pick<BatchRule, 'parallel' | 'devicesPerMinute'>;

export interface ShareInput extends ShareRef {
  /** `settle` begins nothing: it only brings in what an earlier call has begun. */
  readonly mode: 'run' | 'settle';
  /** `waived`: a person has looked at the failures and lets the rest go on. */
  readonly limit: 'asked' | 'waived';
  readonly settings: RunSettings;
  /** No batch begins at or after this moment (UTC, ISO 8601): the window shuts, or the catch-up's deadline has come. */
  readonly until?: string;
  /** Where the last call for this share had come to; without it the ledger is asked. */
  readonly cursor?: ShareCursor;
}

/** How far a share has come: flat in devices. What lies before it is settled in the ledger. */
export interface ShareCursor {
  /** First attempts: batches that have ended. */
  readonly batches: number;
  /** Of attempt 2 and on: how many batches of the attempt before were gone through for retries, and how many it made. */
  readonly retries: readonly { readonly attempt: number; readonly gone: number; readonly made: number }[];
  /** Counts by each device's last attempt; those not begun are left out. */
  readonly tally: Tally;
}

/**
 * How a share ended. Devices not begun are pending in the tally, which adds up to the share's size.
 *
 * `stopped` says why there are pending ones: the limit tripped (after the retries that there were), somebody asked for a
 * stop, `until` has come, or the hub has kept a job waiting for longer than `startWithinMs`.
 */
export interface ShareResult {
  readonly tally: Tally;
  readonly cursor: ShareCursor;
  readonly stopped?: 'failureLimit' | 'cancelled' | 'until' | 'neverStarted';
}

/** What a share's activity puts into its heartbeats. */
export interface ShareProgress extends Pick<ShareRef, 'pass' | 'wave' | 'part' | 'hub'> {
  readonly cursor: ShareCursor;
  /** Of all the share's devices; those in flight are `running` until their batch has ended. */
  readonly tally: Tally;
  /** Of the running ones, how many the hub has heard an answer from. */
  readonly answered: number;
  /** Why no batch is in flight just now, in words: a job slot, the retry's rest, the pace. */
  readonly waitsFor?: string;
}
