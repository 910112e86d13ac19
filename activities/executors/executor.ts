import type { GroundswellError } from '../../domain/errors';
import type { JobId } from '../../domain/ids';
import type { TwinSections } from '../../domain/patches';
import type { BatchRef } from '../../domain/share';
import type { Action, MigrateAction, RolloutSpec } from '../../domain/spec';
import type { DeviceOutcome } from '../../domain/tally';
import type { BatchDevice } from '../ledger/results';
import type { Hub } from '../ports';

/** What is done to a batch's devices: the spec's action, each twin's way back to its snapshot, a move or the way back of one. */
export type Deed = DirectDeed | Move | MoveBack;

/** Takes devices to another hub. */
export interface Move extends MigrateAction {
  /** Where a rollout of another action moves devices beside it: the name of the journal, in which these moves lie apart. */
  readonly journal?: string;
}

/** Brings devices home that a move has taken to another hub. */
export interface MoveBack {
  readonly kind: 'moveBack';
  readonly applied: MigrateAction;
}

/** What one call does to a device. */
export type DirectDeed = Action | Restore;

/** Brings twins back to what they had before the rollout. */
export interface Restore {
  readonly kind: 'restore';
  /** What the rollout had done. */
  readonly applied: Extract<Action, { kind: 'twin' }>;
  /** What a device's twin had before; null where the hub had no such device. */
  snapshotOf(device: BatchDevice): Promise<TwinSections | null | undefined>;
}

/** A batch to run. */
export interface Batch<Kind extends Deed = Deed> extends BatchRef {
  readonly target: Hub;
  readonly devices: readonly BatchDevice[];
  readonly deed: Kind;
  readonly rule: RolloutSpec['batch'];
  /** Outcomes that are known from before a stop or a crash; these devices are not run again. */
  readonly known: readonly DeviceOutcome[];
  /** Jobs that failed, and that others take the place of. */
  readonly passOver: readonly JobId[];
}

/** What an executor needs of the activity that it works in. */
export interface BatchWatch {
  /** `settle` begins nothing: it only brings in what was begun before. */
  readonly mode: 'run' | 'settle';
  /** Says, every few seconds, that the batch lives. @throws CancelledFailure when the attempt must end at once */
  beat(answered: number): void;
  /**
   * Says how far the batch has come and asks the server whether somebody wants a stop.
   *
   * @param outcomes all that are known so far: what a worker that takes over needs not ask again
   */
  check(outcomes: readonly DeviceOutcome[]): Promise<void>;
  /** Whether nothing new may begin any more. */
  stopAsked(): boolean;
  /** Waits; ends early with a stop. */
  rest(millis: number): Promise<void>;
  /** Waits until the pace of the share lets so many devices begin, or a stop is asked. */
  pace(deviceCount: number): Promise<void>;
  /** Says in words what the batch does or waits for; nothing takes the words back. */
  says(words: string | undefined): void;
  /** Says that the batch begins no further device: others may have the share's slots. */
  allBegun(): void;
}

/** How a batch ended. */
export type BatchEnd =
  | {
      readonly kind: 'ended';
      readonly jobId?: string;
      readonly endedAt: string;
      readonly outcomes: readonly DeviceOutcome[];
    }
  /** A stop kept the others from beginning; no outcomes when nothing was begun. */
  | { readonly kind: 'stopped'; readonly outcomes: readonly DeviceOutcome[] }
  /** The batch cannot be run until a person has mended something; with what had come of it before. */
  | { readonly kind: 'broken'; readonly error: GroundswellError; readonly outcomes: readonly DeviceOutcome[] }
  /** The hub has kept the batch waiting for too long; nothing was begun. */
  | { readonly kind: 'neverStarted' };

/** A way to run batches. Running one again, here or on another worker, never begins a second job or forgets an outcome. */
export interface Executor<Kind extends Deed = Deed> {
  run(batch: Batch<Kind>, watch: BatchWatch): Promise<BatchEnd>;
}
