import type { GateVerdict } from './gate';
import type { HubName, JobId, RolloutId } from './ids';
import { type Command, isFinalStatus, type RolloutStatus } from './machine';
import type { PlanSummary, TurnedAway } from './plan';
import type { Pass, RunSettings, ShareCursor, ShareFault, ShareResult } from './share';
import type { Gate, RolloutSpec } from './spec';
import { mergeTallies, type Tally, tallyOf } from './tally';

/** Who asked for something and why; kept in the history. */
export interface Order {
  readonly actor: string;
  readonly reason: string;
  /**
   * How many decisions there were when the person looked (`decisionCount`). A `proceed` or an approval that comes when
   * there are others is refused: it was meant for another hold. Without it the order is good for any.
   */
  readonly seen?: number;
}

/** What may be changed of a running rollout. */
export type Settings = RunSettings & Pick<Gate, 'successTarget' | 'soakMs'>;

/** A change; what it leaves out stays as it is. */
export interface ChangeOrder extends Order {
  readonly settings: Partial<Settings>;
}

/**
 * When a gate was asked: after a wave, after its soak, and so on. `lateShare`: a zone that went on beside later waves;
 * `fault`: something could not go on.
 */
export type GateMoment = 'wave' | 'soak' | 'lateShare' | 'catchUp' | 'rollback' | 'watch' | 'fault';

/**
 * One decision: a gate's, or a person's, who may be the deadline or Temporal itself. `wave` is 0 where it is about no wave.
 */
export type Decision =
  | {
      readonly kind: 'gate';
      readonly at: string;
      readonly wave: number;
      readonly after: GateMoment;
      readonly verdict: GateVerdict;
    }
  | {
      readonly kind: Command;
      readonly at: string;
      readonly wave: number;
      readonly order: Order;
      /** `change` only. */
      readonly settings?: Partial<Settings>;
    };

/** A wave's devices on one hub and in one zone. `stopped`: devices are left that were not begun. */
export interface ShareState {
  readonly part: number;
  readonly hub: HubName;
  readonly zone?: string;
  readonly status: 'pending' | 'waiting' | 'running' | 'stopped' | 'ended';
  /** As the share's activity last told; while it runs it tells more in its heartbeats. */
  readonly tally: Tally;
  /** How far it has come, while it has not ended. */
  readonly cursor?: ShareCursor;
  /** Why devices are left that were not begun. */
  readonly stopped?: ShareResult['stopped'];
  /** Why it could not go on, until a person lets it be tried again. */
  readonly fault?: ShareFault;
  /** Jobs that a person has given up for it; what they did not come to is in the jobs after them. */
  readonly passedOver?: readonly JobId[];
  /** When its window opens, while it waits for that. */
  readonly opensAt?: string;
}

export type WaveStatus = 'pending' | 'running' | 'soaking' | 'held' | 'passed' | 'stopped';

export interface WaveState {
  readonly index: number;
  readonly deviceCount: number;
  readonly status: WaveStatus;
  readonly tally: Tally;
  readonly shares: readonly ShareState[];
  readonly startedAt?: string;
  readonly endedAt?: string;
  /** A person has let it begin outside its window. */
  readonly windowWaived?: true;
  /** Who let it begin, where the spec asks for that. */
  readonly approvedBy?: Order;
}

/** What the rollout waits for, so that whoever looks knows what to do. */
export interface Wait {
  readonly for: 'approval' | 'window' | 'soak' | 'person' | 'joiners' | 'stragglers' | 'watch' | 'resume';
  readonly since: string;
  readonly until?: string;
  /** Who may end it; anybody when missing. */
  readonly whom?: string;
  /** Why it waits, with the numbers. */
  readonly why?: string;
}

/** The catch-up of devices that were offline in their wave: one share a hub. */
export interface CatchUpState extends WaveState {
  readonly deadline: string;
}

/** What the `rolloutState` query answers, and, once `status` is final, what the rollout returned. */
export interface RolloutState {
  readonly rolloutId: RolloutId;
  readonly name: string;
  readonly status: RolloutStatus;
  readonly startedBy: Order;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** As they hold now; a change changes them, and a rollback brings its own. */
  readonly settings: Settings;
  readonly plan?: PlanSummary;
  readonly waves: readonly WaveState[];
  readonly catchUp?: CatchUpState;
  /** The waves that are or were undone, the last one first. */
  readonly rollback?: readonly WaveState[];
  readonly waitsFor?: Wait;
  /** Set while it is paused: what it did before and goes back to. */
  readonly paused?: { readonly from: RolloutStatus; readonly waited?: Wait };
  /** Set while it is held: what it goes back to, and whether a gate or a person said so. */
  readonly held?: { readonly from: RolloutStatus; readonly by: 'gate' | 'person'; readonly waited?: Wait };
  /** Until when late joiners are taken. */
  readonly joinUntil?: string;
  /** Who joined late and could not be moved, as the last look for late joiners has found them. Only of a move. */
  readonly turnedAway?: readonly TurnedAway[];
  /** When the watch after the end is over. */
  readonly watchUntil?: string;
  /** The latest decisions, 200 at the most; the history has all. */
  readonly decisions: readonly Decision[];
  /** How many decisions there were. */
  readonly decisionCount: number;
  /** Path and SHA-256 of the closing record. */
  readonly closing?: { readonly path: string; readonly sha256: string };
  /** Why the ledger could not be closed, where that failed for good: `audit --verify` has nothing to verify then. */
  readonly unclosed?: string;
}

export const isFinal = ({ status }: Pick<RolloutState, 'status'>): boolean => isFinalStatus(status);

/** The settings that a spec begins with. */
export const settingsOf = ({ gate, batch }: Pick<RolloutSpec, 'gate' | 'batch'>): Settings => ({
  failureLimit: gate.failureLimit,
  limits: gate.limits,
  minimum: gate.minimum,
  successTarget: gate.successTarget,
  soakMs: gate.soakMs,
  parallel: batch.parallel,
  ...(batch.devicesPerMinute !== undefined && { devicesPerMinute: batch.devicesPerMinute }),
});

/** The waves of one pass. */
export function wavesOf({ waves, catchUp, rollback }: RolloutState, pass: Pass): readonly WaveState[] {
  switch (pass) {
    case 'wave':
      return waves;
    case 'catchUp':
      return catchUp === undefined ? [] : [catchUp];
    case 'rollback':
      return rollback ?? [];
  }
}

/**
 * Devices by how they stand now: the waves' counts, with those of the catch-up in the place of the offline ones that it
 * took over. What a rollback has undone is counted as it was before.
 */
export function totalTally({ waves, catchUp }: Pick<RolloutState, 'waves' | 'catchUp'>): Tally {
  const all = mergeTallies(waves.map(({ tally }) => tally));
  if (catchUp === undefined) return all;
  const rest = tallyOf({ ...all, offline: Math.max(0, all.offline - catchUp.deviceCount) });
  return mergeTallies([rest, catchUp.tally]);
}

/** What persons have asked for and the workflow has not done yet. */
export interface Orders {
  readonly hold?: Order;
  readonly proceed?: Order;
  readonly approval?: { readonly kind: 'approve' | 'deny'; readonly order: Order };
}

/** What a run hands on to the next one when it continues as new. */
export interface Carried {
  readonly state: RolloutState;
  readonly orders: Orders;
  /** How many notices were sent: numbers them over all runs. */
  readonly noticeCount: number;
}

/** The single argument of the `rollout` workflow. */
export interface RolloutInput {
  /** Also the workflow's id. */
  readonly rolloutId: RolloutId;
  readonly spec: RolloutSpec;
  readonly startedBy: Order;
  /** The saved plan that it must come out as; another one is refused (GS_PLAN_STALE), naming what changed. */
  readonly expects?: PlanSummary;
  /** Whether the server has the search attributes: setting one that it lacks would stop the workflow for ever. */
  readonly indexed?: true;
  /** Only from a run to the next one. */
  readonly carried?: Carried;
}
