import type { HubName, RolloutId } from './ids';

/** A wave's devices on one hub. */
export interface WaveShare {
  readonly hub: HubName;
  readonly deviceCount: number;
  readonly batchCount: number;
}

/** One wave of a plan; `index` counts from 1. */
export interface PlannedWave {
  readonly index: number;
  /** As the spec asked for it: `5`, `20%`, `rest`. */
  readonly asked: string;
  /** 0 when earlier waves have taken every device: such a wave is named in the plan and never run. */
  readonly deviceCount: number;
  readonly shares: readonly WaveShare[];
  /** Time that the hub's own pace makes this wave take at least, soak not counted. */
  readonly estimateMs: number;
}

/** What a rollout will do. Small: it grows with waves and hubs; device ids lie in the ledger. */
export interface PlanSummary {
  readonly rolloutId: RolloutId;
  readonly name: string;
  readonly deviceCount: number;
  /** Target devices that had no connection when the plan was made. */
  readonly offlineCount: number;
  readonly waves: readonly PlannedWave[];
  /** Both comparisons of the gate, written out. */
  readonly gates: readonly string[];
  /** Devices that an abort at the worst moment still lets change: the largest batches in flight at once. */
  readonly blastRadius: number;
  readonly estimateMs: number;
}
