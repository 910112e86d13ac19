import type { CancellationScope } from '@temporalio/workflow';
import type { RolloutId } from '../../domain/ids';
import type { Orders, RolloutInput } from '../../domain/progress';
import type { RolloutSpec } from '../../domain/spec';
import type { Crew } from './crew';
import type { Journal, WaveRef } from './journal';
import type { Notices } from './notices';

/** How a rollout, or one phase of it, ends. */
export type Ending = 'completed' | 'aborted' | 'denied' | 'rollback' | 'rolledBack';

/** All that the steps of one run share. */
export interface Run {
  readonly input: RolloutInput;
  readonly rolloutId: RolloutId;
  readonly spec: RolloutSpec;
  readonly journal: Journal;
  readonly crew: Crew;
  readonly notices: Notices;
  /** Taken off by the step that carries them out. */
  readonly orders: { -readonly [Key in keyof Orders]: Orders[Key] };
  /** The wave whose shares the rollout's own status follows. */
  current?: WaveRef | undefined;
  /** Cancelled when somebody ends the phase that runs; `asked` says what comes then. */
  phase?: CancellationScope;
  asked?: 'aborted' | 'rollback';
  /** Steps since this run began, each worth some events of its history. */
  steps: number;
}
