import type { DeviceId, HubName } from './ids';
import type { OutcomeKind } from './tally';

/** A JSON value, as method payloads and twin patches hold it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * Which devices: the hubs to look in and either a WHERE expression of the hub's query language, or ids.
 *
 * `done` is a WHERE expression for devices that are where the rollout wants them already: they are skipped, by name. For a
 * twin action those whose twin has the patch already are skipped without it.
 */
export type Target = { readonly hubs: readonly HubName[]; readonly done?: string } & (
  | { readonly kind: 'query'; readonly where: string; readonly joining?: JoiningRule }
  | { readonly kind: 'devices'; readonly devices: readonly DeviceId[] }
  /** All that the provisioning service has assigned to these hubs: the hubs are not asked. Only for a move. */
  | { readonly kind: 'registered' }
);

/** Continuous membership: devices that come to match later get waves of their own, with the same gates. */
export interface JoiningRule {
  /** How long after the last planned wave late joiners are still taken. */
  readonly forMs: number;
  /** How often the target is asked again. */
  readonly everyMs: number;
}

/** Invokes a direct method. A device succeeds when it answers with a status from 200 to 299. */
export interface MethodAction {
  readonly kind: 'method';
  readonly name: string;
  readonly payload: Json;
  readonly responseTimeoutMs: number;
  /** Name of the payload's field that gets an operation id, one a device and attempt; the payload is an object then. */
  readonly operationIdField?: string;
}

/**
 * Merges a patch into the twin. Without `confirmWithinMs` a device succeeds when the hub has merged the patch; with it,
 * when the device has reported each desired value back within that time after its batch.
 */
export interface TwinAction {
  readonly kind: 'twin';
  readonly tags?: JsonObject;
  readonly desired?: JsonObject;
  readonly etag: string;
  readonly confirmWithinMs?: number;
}

/** What one call, or one job, does to a device. */
export type Action = MethodAction | TwinAction;

/** How a device is made to ask its provisioning service where it belongs. */
export type MigrateTrigger =
  /** A method that the device answers before it leaves: by a hub job for the whole batch, or by calls of our own. */
  | {
      readonly kind: 'method';
      readonly name: string;
      /** Goes with an `operationId`, and, for another provisioning service, with `provisioning: { idScope, endpoint }`. */
      readonly payload: JsonObject;
      readonly responseTimeoutMs: number;
      readonly by: 'job' | 'direct';
    }
  /** Its identity is disabled on the old hub, so that a device that asks DPS after a refusal does so now. */
  | { readonly kind: 'disable' }
  /** Nothing is done: the device asks by itself, such as at its next start. */
  | { readonly kind: 'wait' };

/** What must be the same on the new hub. Paths are dotted, within a section: `desired.firmware.url`. */
export interface CompareRule {
  readonly tags: boolean;
  readonly desired: boolean;
  /** `byPolicy`: the same where the reprovision policy takes data along, not asked where it resets. */
  readonly reported: 'byPolicy' | 'ignore';
  readonly modules: boolean;
  readonly ignore: readonly string[];
}

/** Moves devices to another hub through their provisioning service. */
export interface MigrateAction {
  readonly kind: 'migrate';
  /** `origin`: the hub that a quarantine has taken the device from. */
  readonly to: HubName | 'origin';
  /** That the hub is one for quarantine is meant. */
  readonly toQuarantine?: true;
  /** Another provisioning service (a key under `provisioningServices` of the stack's outputs): a move between tenants. */
  readonly provisioning?: string;
  readonly trigger: MigrateTrigger;
  /** From the trigger until the registration names the target and the device is connected there. */
  readonly arriveWithinMs: number;
  readonly compare: CompareRule;
  /** What becomes of an identity that DPS has left on the old hub. */
  readonly oldIdentity: 'leave' | 'disable' | 'delete';
  /** The old hub is not asked for anything: devices come from the registrations, twins start from the enrollment. */
  readonly evacuate: boolean;
  /** For the device itself, in the answer to its registration: devices of enrollment groups only. */
  readonly payload?: JsonObject;
  /** In the place of the group's own initial twin, where the twin starts anew: devices of enrollment groups only. */
  readonly initialTwin?: { readonly tags?: JsonObject; readonly desired?: JsonObject };
}

/** How large a wave is: a number of devices, a share (0 to 1] of the target set, or all that are left. */
export type WaveSize =
  | { readonly kind: 'count'; readonly count: number }
  | { readonly kind: 'share'; readonly share: number }
  | { readonly kind: 'rest' };

/** A wave chosen by a condition; a device is in the first ring whose condition holds. */
export interface Ring {
  readonly name: string;
  /** WHERE expression; `rest` in its place takes all that no ring before it has. Only the last ring may be the rest. */
  readonly where: string | { readonly kind: 'rest' };
}

/** How the target set is cut into waves. */
export type WaveRule =
  | { readonly kind: 'sizes'; readonly sizes: readonly WaveSize[] }
  | { readonly kind: 'rings'; readonly rings: readonly Ring[] }
  /** A wave for each value of a tag, in this order; devices with another value, or none, come last or are left out. */
  | {
      readonly kind: 'cohorts';
      readonly tag: string;
      readonly order: readonly string[];
      readonly others: 'last' | 'leaveOut';
    }
  /** The first wave has `first` devices; after each `stepAfter` devices waves grow by `factor`, up to `most`. */
  | {
      readonly kind: 'ramp';
      readonly first: number;
      readonly factor: number;
      readonly stepAfter: number;
      readonly most?: number;
    };

/** What a measured value must be for a check to pass. */
export interface Bound {
  readonly op: '<' | '<=' | '>' | '>=';
  readonly value: number;
}

/** A question that something outside answers about a wave. No answer is inconclusive, and holds. */
export type Check =
  /** POSTs the wave's facts; the answer says proceed, hold or abort. `secretEnv`: the worker's variable with the signing secret. */
  | {
      readonly kind: 'webhook';
      readonly name: string;
      readonly url: string;
      readonly timeoutMs: number;
      readonly secretEnv?: string;
    }
  /** Runs an instant query; every sample of the answer must be within the bound. `tokenEnv`: the worker's variable with a bearer token. */
  | {
      readonly kind: 'prometheus';
      readonly name: string;
      readonly url: string;
      readonly query: string;
      readonly is: Bound;
      readonly tokenEnv?: string;
    }
  /** Looks at what the wave's devices send: by itself, beside devices that were not touched, and beside their own past. */
  | ({ readonly kind: 'telemetry'; readonly name: string } & HealthRule);

/** What a number must be. Shares are 0 to 1, fields in their own unit. */
export type Range = Bound | { readonly op: 'to'; readonly least: number; readonly most: number };

/** What a telemetry check measures of some devices. */
export type HealthMeasure =
  /** Share of their messages that the pipeline has rejected. */
  | { readonly kind: 'rejected' }
  /** Share of them that have sent nothing since, of those that had sent before. */
  | { readonly kind: 'missing' }
  /** Mean over the devices of each one's mean of a field. */
  | { readonly kind: 'mean'; readonly field: string }
  /** Quantile (0 to 1) over the devices of each one's mean of a field. */
  | { readonly kind: 'quantile'; readonly field: string; readonly at: number };

/** How a measured value may stand to another one; at least one of the two. */
export interface Comparison {
  /** value - reference. */
  readonly difference?: Range;
  /** value / reference. */
  readonly ratio?: Range;
}

/** Which health lets a wave pass: everything that it asks for must hold. At least one of value, untouched and past. */
export interface HealthRule {
  readonly measure: HealthMeasure;
  readonly value?: Range;
  /** Beside devices of the same hubs that the rollout has not touched. */
  readonly untouched?: Comparison;
  /** Beside the same devices in so many ms before the wave began. */
  readonly past?: Comparison & { readonly forMs: number };
  /** Devices with data that each side needs. At least 1. */
  readonly minimum: number;
  /** So long after the wave's last device was changed messages do not count yet. */
  readonly graceMs: number;
}

/** What decides after a batch and after a wave; docs/spec.md states every comparison. */
export interface Gate {
  /** Trips when (failed + timedOut) / finished is above it, strictly. 0 to 1. */
  readonly failureLimit: number;
  /** Further limits, each of one kind: failed / finished, timedOut / finished, offline / (finished + offline). */
  readonly limits: Readonly<Partial<Record<'failed' | 'timedOut' | 'offline', number>>>;
  /** No limit is asked before this many devices have finished. At least 1. */
  readonly minimum: number;
  /** Passes when succeeded / (wave - skipped) is at least this. 0 to 1. With an offline rule, stragglers are taken off, too. */
  readonly successTarget: number;
  /** Rest between a passed wave and the next one. At its end the checks are asked again. */
  readonly soakMs: number;
  /** Asked after each wave, and again when it has soaked. */
  readonly checks: readonly Check[];
}

export interface BatchRule {
  /** Devices in one hub job, or in one stretch of direct calls, at most. */
  readonly size: number;
  /** Batches at once on one hub, at most; also bounded by the hub's job slots. */
  readonly parallel: number;
  /** How long a batch may run once it has begun; a device that stays offline is given up then. */
  readonly timeoutMs: number;
  /** How long a job may wait on the hub before it is given up as never started. */
  readonly startWithinMs: number;
  /** Devices begun in a minute on one hub, at most. */
  readonly devicesPerMinute?: number;
}

/** Further tries of devices whose last attempt ended in one of these ways. */
export interface RetryRule {
  /** Attempts a device, the first one counted. At least 1. */
  readonly attempts: number;
  readonly on: readonly Extract<OutcomeKind, 'failed' | 'timedOut' | 'offline'>[];
  /** Rest before attempt n + 1: min(mostMs, firstMs * factor ^ (n - 1)). */
  readonly firstMs: number;
  readonly factor: number;
  readonly mostMs: number;
}

/** What becomes of devices that were offline in their wave. Without a rule they count as not succeeded. */
export interface OfflineRule {
  /** The wave is judged without them when at least this share of (wave - skipped) has finished; else it holds. 0 to 1. */
  readonly quorum: number;
  /** How long after the last wave the catch-up still tries them. */
  readonly catchUpMs: number;
}

/** When batches may begin. */
export interface WindowRule {
  /** When it opens: five fields of cron, in the window's time zone. */
  readonly opens: string;
  readonly forMs: number;
  readonly zone: WindowZone;
  /** Dates (YYYY-MM-DD, both included, in the window's zone) on which it stays shut. */
  readonly freeze: readonly { readonly from: string; readonly to: string }[];
  /** Of a wave that spans zones: the share that must have ended before the gate is asked; the rest goes on beside. */
  readonly quorum: number;
}
export type WindowZone =
  | { readonly kind: 'fixed'; readonly timeZone: string }
  /** The device's own zone, by a tag that holds an IANA name; `otherwise` for devices without. */
  | { readonly kind: 'tag'; readonly tag: string; readonly otherwise: string };

/** Whom the rollout asks before it goes on. */
export interface ApprovalRule {
  /** Waves (from 1) that wait for an approval; 1 is the start. */
  readonly before: readonly number[] | 'everyWave';
  /** Whether who started the rollout may approve it. */
  readonly requesterMay: boolean;
  /** Who may approve; anybody (but the requester) when empty. */
  readonly by: readonly string[];
  /** No answer within this time is a deny. */
  readonly deadlineMs: number;
}

/** How touched devices are brought back. Twins go back to their snapshots unless an action is given; methods need one. */
export interface RollbackRule {
  readonly action?: Action;
  readonly gate: Pick<Gate, 'failureLimit' | 'limits' | 'minimum' | 'successTarget'>;
}

/** Looks at the touched devices after the end. */
export interface WatchRule {
  readonly forMs: number;
  readonly everyMs: number;
  /** A WHERE expression for devices that have gone bad, counted among the target's; above the limit (0 to 1) it holds. */
  readonly failing?: { readonly where: string; readonly limit: number };
}

/**
 * Devices that failed in this many attempts get these tags, so that other rollouts can leave them out; with a hub they are
 * moved there: by the method, and those that do not answer it by disabling.
 */
export interface QuarantineRule {
  readonly after: number;
  readonly tags: JsonObject;
  /** None of the target's hubs. */
  readonly hub?: HubName;
}

export const NOTICE_KINDS = ['started', 'held', 'breached', 'approvalNeeded', 'ended'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** Where a webhook is: in the clear, or, for an address that is a secret itself, the worker's variable that holds it. */
export type NotifyAddress =
  { readonly url: string; readonly urlEnv?: undefined } | { readonly urlEnv: string; readonly url?: undefined };

/** A webhook that hears of a rollout. */
export type NotifyRule = NotifyAddress & {
  readonly format: 'json' | 'slack';
  readonly on: readonly NoticeKind[];
  /** The worker's variable that holds the signing secret; unsigned without. */
  readonly secretEnv?: string;
};

/** A rollout spec, checked, with all defaults filled in: the only form that workflows and activities see. */
export interface RolloutSpec {
  readonly name: string;
  readonly target: Target;
  readonly action: Action | MigrateAction;
  /** `job`: hub jobs. `direct`: calls of our own; stops within a second, and needs no job slot. `migrate`: always for that action. */
  readonly executor: 'job' | 'direct' | 'migrate';
  readonly waves: WaveRule;
  readonly gate: Gate;
  readonly batch: BatchRule;
  readonly retry: RetryRule;
  /** What a tripped failure limit does. An unmet success target always holds. */
  readonly onBreach: 'hold' | 'abort' | 'rollback';
  readonly offline?: OfflineRule;
  readonly window?: WindowRule;
  readonly approvals?: ApprovalRule;
  readonly rollback?: RollbackRule;
  readonly watch?: WatchRule;
  readonly quarantine?: QuarantineRule;
  readonly notify: readonly NotifyRule[];
  /** 1 comes first, 5 last, when rollouts wait for a hub's job slot. */
  readonly priority: number;
}
