import type { GateVerdict } from './gate';
import type { HubName, RolloutId } from './ids';
import type { RolloutStatus } from './machine';
import type { PlanSummary } from './plan';
import type { RolloutSpec } from './spec';
import type { Tally } from './tally';

/** Who asked for something and why; kept in the history. */
export interface Order {
  readonly actor: string;
  readonly reason: string;
}

export type WaveStatus = 'pending' | 'running' | 'soaking' | 'held' | 'passed' | 'stopped';

/** One decision on a wave: a gate's, or a person's. An abort before the first wave has wave 0. */
export type Decision =
  | { readonly kind: 'gate'; readonly at: string; readonly wave: number; readonly verdict: GateVerdict }
  | { readonly kind: 'proceed' | 'abort'; readonly at: string; readonly wave: number; readonly order: Order };

export interface WaveState {
  readonly index: number;
  readonly deviceCount: number;
  readonly status: WaveStatus;
  readonly tally: Tally;
  /** The tally hub by hub. A hub brings its part in when it is done; until then it tells it in heartbeats only. */
  readonly shares: readonly { readonly hub: HubName; readonly tally: Tally }[];
  readonly startedAt?: string;
  readonly endedAt?: string;
}

/** What the `rolloutState` query answers, and, once `status` is final, what the rollout returned. */
export interface RolloutState {
  readonly rolloutId: RolloutId;
  readonly name: string;
  readonly status: RolloutStatus;
  readonly startedBy: Order;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly plan?: PlanSummary;
  readonly waves: readonly WaveState[];
  readonly decisions: readonly Decision[];
}

export const isFinal = ({ status }: RolloutState): boolean => status === 'completed' || status === 'aborted';

/** The single argument of the `rollout` workflow. */
export interface RolloutInput {
  /** Missing where a schedule starts it: the workflow's own id then says it. */
  readonly rolloutId?: RolloutId;
  readonly spec: RolloutSpec;
  readonly startedBy: Order;
  /** The saved plan that it must come out as; another one is refused (GS_PLAN_STALE), naming what changed. */
  readonly expects?: PlanSummary;
  /** Whether the server has the search attributes: setting one that it lacks would stop the workflow for ever. */
  readonly indexed?: true;
}

/** What a running wave activity puts into its heartbeats: how far its hub has come. */
export interface WaveProgress {
  readonly wave: number;
  readonly hub: HubName;
  /** Batches that have ended. */
  readonly batchesDone: number;
  /** Of all the wave's devices on the hub; those of the batch in flight are `running` until it has ended. */
  readonly tally: Tally;
  /** Of the running ones, how many the hub has heard an answer from. What they answered is known when the batch has ended. */
  readonly answered: number;
}
