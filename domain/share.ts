import type { DeviceId, HubName, JobId, RolloutId } from './ids';
import { hash32 } from './order';
import type { Gate, BatchRule } from './spec';
import type { DeviceOutcome, Tally } from './tally';

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

/** One try at one batch of a share; batches and attempts count from 1. */
export interface BatchRef extends ShareRef {
  readonly attempt: number;
  readonly batch: number;
}

const LETTER: Readonly<Record<Pass, string>> = { wave: 'w', rollback: 'r', catchUp: 'c' };

/** Names a share among all shares of all rollouts. */
export const shareIdOf = ({ rolloutId, pass, wave, part }: Omit<ShareRef, 'hub'>): string =>
  `${rolloutId}-${LETTER[pass]}${wave}-p${part}`;

/** Characters of a job id, at most. Source: IoT Hub developer guide, "Schedule jobs on multiple devices". */
const MAX_JOB_ID = 64;
const inBase36 = (text: string): string => hash32(text).toString(36).padStart(7, '0');

/**
 * Names the hub job of a batch. The same batch and attempt always give the same name, so that whoever submits a second
 * time finds the first one's job. Jobs belong to a hub, so the hub is not part of it. The end of a long rollout id gives
 * way to 14 characters of its hash.
 *
 * @param again  how many jobs of this name were cancelled before they touched a device
 * @example jobIdOf({ rolloutId: 'lock', pass: 'wave', wave: 2, part: 1, batch: 3, attempt: 1 }) // => 'lock-w2-p1-b3-a1'
 */
export function jobIdOf(at: Omit<BatchRef, 'hub'>, again = 0): JobId {
  const tail = `-${LETTER[at.pass]}${at.wave}-p${at.part}-b${at.batch}-a${at.attempt}${again > 0 ? `-n${again + 1}` : ''}`;
  const whole = at.rolloutId + tail;
  if (whole.length <= MAX_JOB_ID) return whole as JobId;
  const hash = inBase36(at.rolloutId) + inBase36(`${at.rolloutId}\n`);
  return `${at.rolloutId.slice(0, MAX_JOB_ID - tail.length - hash.length - 1)}-${hash}${tail}` as JobId;
}

/**
 * Names one try at one device: a device that has seen it before does nothing, so that a repeat after a crash has one
 * effect.
 *
 * @example operationIdOf({ rolloutId: 'lock', pass: 'wave', wave: 2, attempt: 1 }, 'door-1') // => 'lock.wave2.1.door-1'
 */
export const operationIdOf = (
  { rolloutId, pass, wave, attempt }: Pick<BatchRef, 'rolloutId' | 'pass' | 'wave' | 'attempt'>,
  deviceId: DeviceId,
): string => `${rolloutId}.${pass}${wave}.${attempt}.${deviceId}`;

/** What is known of a batch that direct calls are working on. */
export interface Checkpoint extends Pick<BatchRef, 'attempt' | 'batch'> {
  readonly outcomes: readonly DeviceOutcome[];
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
  /** Jobs that failed as a whole, or vanished, and that a person lets be tried again: each under a new id. */
  readonly passOver?: readonly JobId[];
}

/** Why a share cannot go on, where trying again changes nothing until a person has mended something. */
export interface ShareFault {
  /** Of domain/errors.ts, where it is one of those. */
  readonly code?: string;
  /** With the hub's or the ledger's own words. */
  readonly message: string;
  /** Jobs that failed as a whole, or vanished. */
  readonly jobIds: readonly JobId[];
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
 * stop, `until` has come, the hub has kept a job waiting for longer than `startWithinMs`, or there is a fault.
 */
export interface ShareResult {
  readonly tally: Tally;
  readonly cursor: ShareCursor;
  readonly stopped?: 'failureLimit' | 'cancelled' | 'until' | 'neverStarted' | 'fault';
  /** What the fault is, where one has stopped it. */
  readonly fault?: ShareFault;
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
  /** Of batches in flight by direct calls: what another worker that takes over needs not ask again. */
  readonly checkpoints?: readonly Checkpoint[];
}
