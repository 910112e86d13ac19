import type { BatchAttempt, DeviceId, HubName } from '../../domain/ids';
import type { RolloutSpec } from '../../domain/spec';
import type { Tally } from '../../domain/tally';
import type { Hub } from '../ports';

/** A batch to run: some of a wave's devices on one hub. */
export interface Batch extends BatchAttempt {
  readonly hubName: HubName;
  readonly hub: Hub;
  readonly deviceIds: readonly DeviceId[];
  readonly spec: Pick<RolloutSpec, 'action' | 'batch'>;
}

/** What an executor needs of the activity that it works in. */
export interface BatchWatch {
  /** `settle` submits nothing: it only brings in what was submitted before. */
  readonly mode: 'run' | 'settle';
  /** To be called every few seconds. @throws CancelledFailure when the attempt must end at once */
  beat(answered: number): void;
  stopAsked(): boolean;
  rest(millis: number): Promise<void>;
}

/** A way to run batches. Running one again, here or on another worker, never runs a device again. */
export interface Executor {
  /** @returns the batch's tally, or undefined when nothing of it was begun and nothing is to be */
  run(batch: Batch, watch: BatchWatch): Promise<Tally | undefined>;
}
