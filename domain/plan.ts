import type { DeviceId, HubName, RolloutId } from './ids';
import type { HubSku } from './limits';

/** A wave's devices on one hub and, where the window goes by the device's zone, in one zone. */
export interface WaveShare {
  /** Unique within the wave, from 1. */
  readonly part: number;
  readonly hub: HubName;
  /** IANA name; only where the window goes by the device's zone. */
  readonly zone?: string;
  readonly deviceCount: number;
  readonly batchCount: number;
}

/** One wave of a plan; `index` counts from 1. */
export interface PlannedWave {
  readonly index: number;
  /** As the spec asked for it: `5`, `20%`, `rest`, a ring's name, a cohort's value. */
  readonly asked: string;
  /** 0 when earlier waves have taken every device: such a wave is named in the plan and never run. */
  readonly deviceCount: number;
  readonly shares: readonly WaveShare[];
  /** SHA-256 over its members in their order, share by share: tells two waves of the same size apart. */
  readonly members: string;
  /** Time that the hub's own pace makes this wave take at least; soak and windows not counted. */
  readonly estimateMs: number;
}

/** Devices that another rollout is about to change, or is changing now. */
export interface Conflict {
  readonly rolloutId: RolloutId;
  readonly hub: HubName;
  readonly deviceCount: number;
  /** The first few. */
  readonly devices: readonly DeviceId[];
}

/** What the rollout asks of a hub, against what the hub allows. */
export interface HubUse {
  readonly hub: HubName;
  readonly sku: HubSku;
  readonly jobSlots: number;
  readonly calls: readonly {
    /** `job operations`, `job device operations`, `queries`, `direct methods`, `twin updates`, `twin reads`, `registry operations`. */
    readonly what: string;
    /** At least: where each device succeeds at its first attempt. */
    readonly count: number;
    /** At most: with all retries, looks and queries that the spec allows. */
    readonly most: number;
    /** What the hub allows in a minute. */
    readonly perMinute: number;
  }[];
}

/** What the move of a rollout's devices means for hubs and provisioning service. */
export interface MovePlan {
  /** Name of the provisioning service that sends devices to their new hub. */
  readonly service: string;
  /** What is done with each device, in words. */
  readonly steps: readonly string[];
  /** Devices with an enrollment of their own, and those of groups; only those in waves. */
  readonly individual: number;
  readonly group: number;
  readonly to: readonly {
    readonly hub: HubName;
    readonly arriving: number;
    /** Devices that the hub has now, and how many it takes at most. */
    readonly has: number;
    readonly most: number;
  }[];
  /** Against nine tenths of what the service allows: the rest is left to devices that come by themselves, and to people. */
  readonly calls: readonly {
    readonly what: 'registrations' | 'operations';
    readonly count: number;
    readonly most: number;
    readonly perMinute: number;
  }[];
  /** Time that the service needs for these calls at least. */
  readonly serviceMs: number;
  /** What may go otherwise than meant. `why` follows the number of devices. */
  readonly warnings: readonly { readonly why: string; readonly devices: NamedDevices }[];
  /** Running rollouts that change devices of the hubs that these devices go to. */
  readonly rolloutsThere: readonly RolloutId[];
  /** SHA-256 over what the service says of each device. */
  readonly enrollments: string;
}

/** Late joiners that are in no wave. `why` follows the number of devices. */
export interface TurnedAway {
  readonly why: string;
  readonly devices: NamedDevices;
}

/** How many devices, and the first 20 by name; the ledger has them all. */
export interface NamedDevices {
  readonly count: number;
  readonly devices: readonly DeviceId[];
}

/** What a rollout will do. Small: it grows with waves and hubs; device ids lie in the ledger. */
export interface PlanSummary {
  readonly rolloutId: RolloutId;
  readonly name: string;
  readonly deviceCount: number;
  /** Target devices that had no connection when the plan was made. */
  readonly offlineCount: number;
  /** Target devices that are where the rollout wants them: in no wave. */
  readonly skipped: NamedDevices;
  /** Devices of the target that no ring or cohort takes: in no wave. */
  readonly leftOut: NamedDevices;
  readonly waves: readonly PlannedWave[];
  /** All comparisons of the gates, written out. */
  readonly gates: readonly string[];
  /** Devices that an abort at the worst moment still lets change: what may be in flight at once. */
  readonly blastRadius: number;
  readonly conflicts: readonly Conflict[];
  readonly uses: readonly HubUse[];
  /** Only of a move. */
  readonly move?: MovePlan;
  /** Waves, soaks and closed windows together. */
  readonly estimateMs: number;
  /** SHA-256 over spec, members by wave, and SKUs: a plan with the same one does the same. */
  readonly fingerprint: string;
}
