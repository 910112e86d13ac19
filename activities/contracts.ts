import type { Decision, RolloutState } from '../domain/progress';
import type { Closing, Verification } from '../domain/closing';
import type { DeviceCounts, DevicePage, DeviceQuery, ListCursor } from '../domain/device-list';
import type { DeviceStory } from '../domain/story';
import type { DeviceId, HubName, RolloutId } from '../domain/ids';
import type { ShareInput, ShareResult } from '../domain/share';
import type { PlannedWave, PlanSummary, TurnedAway } from '../domain/plan';
import type { Check, JsonObject, NoticeKind, NotifyRule, RolloutSpec, Target, WindowRule } from '../domain/spec';
import type { Tally } from '../domain/tally';
import type { TwinLook } from '../domain/twin';

export interface PreviewInput {
  readonly rolloutId: RolloutId;
  readonly spec: RolloutSpec;
}

export interface PlanInput extends PreviewInput {
  /** First run of the workflow: tells its own plan from that of an earlier rollout with the same id. */
  readonly runId: string;
  /** The saved plan that the rollout was started from. */
  readonly expects?: PlanSummary;
}

export interface JoinersInput extends PreviewInput {
  readonly runId: string;
  /** The number that the new wave gets: one above the last wave's. */
  readonly wave: number;
}

export interface Joiners {
  /** None when no device has joined; nothing was written then. */
  readonly wave?: PlannedWave;
  /** Only of a move: who cannot be moved now. A later look asks again. */
  readonly turnedAway?: readonly TurnedAway[];
}

export interface PlanActivities {
  /** Says what a rollout would do now. Reads only. */
  previewPlan(input: PreviewInput): Promise<PlanSummary>;
  /**
   * Freezes the target set and its waves in the ledger. Safe to retry: a plan that this rollout has frozen stands.
   *
   * @throws GS_ROLLOUT_EXISTS when the ledger holds the plan of an earlier rollout with this id
   * @throws GS_PLAN_STALE when another plan is expected; nothing was written then, and nothing frozen
   */
  planRollout(input: PlanInput): Promise<PlanSummary>;
  /**
   * Freezes a further wave of the devices that match now and that this rollout does not know yet. Safe to retry. Those of a
   * move are looked at as in the plan; who cannot be moved is in no wave.
   */
  planJoiners(input: JoinersInput): Promise<Joiners>;
}

export interface LedgerActivities {
  /** Writes the closing record. To be called last, when nothing of the rollout runs any more. Safe to retry. */
  closeRollout(input: { readonly rolloutId: RolloutId; readonly state: RolloutState }): Promise<Closing>;
  /** Reads every record of a closed rollout again. @param input.sha256 what `closeRollout` returned */
  verifyRollout(input: { readonly rolloutId: RolloutId; readonly sha256: string }): Promise<Verification>;
}

export interface StoryActivities {
  /** Tells what all rollouts did to a device. Reads only. */
  tellStory(input: { readonly deviceId: DeviceId }): Promise<DeviceStory>;
}

export interface ListActivities {
  /** Lists devices of a rollout by their last outcomes, a page at a time. Reads only. @throws GS_LEDGER_MISSING without a plan */
  listDevices(input: { readonly query: DeviceQuery; readonly cursor?: ListCursor }): Promise<DevicePage>;
  /** Counts what `listDevices` would list. Reads only. @throws GS_LEDGER_MISSING without a plan */
  countListed(query: DeviceQuery): Promise<DeviceCounts>;
}

/** Runs devices; lives as long as they need. */
export interface ShareActivities {
  /**
   * Runs a share, batch after batch, with its retries, and asks the failure limit after each.
   *
   * Safe to retry: a batch that was begun is found again and no device is touched twice. Cancelled, it lets the batch in
   * flight end and returns what was done.
   */
  runShare(input: ShareInput): Promise<ShareResult>;
}

/** What a check found; `inconclusive` holds. */
export interface CheckResult {
  readonly kind: 'passed' | 'failed' | 'inconclusive';
  /** `failed` only: what the one who was asked wants. Without it the spec's onBreach decides. */
  readonly wants?: 'hold' | 'abort';
  readonly reason: string;
  /** The numbers and words that it decided on. */
  readonly inputs: JsonObject;
}

/** Which devices of a wave the rollout has changed, and when. Times are UTC, ISO 8601. */
export interface ChangedDevices {
  /** Before its first device was begun. */
  readonly from: string;
  /** After its last device had ended, but for those of `unfinished`. */
  readonly to: string;
  /** Parts that are not at rest. */
  readonly unfinished: readonly number[];
}

export interface CheckInput {
  readonly rolloutId: RolloutId;
  readonly wave: number;
  readonly check: Check;
  readonly tally: Tally;
  /** When the wave began, in the watch when that did (UTC, ISO 8601). */
  readonly since: string;
  readonly changed: ChangedDevices;
}

export interface CheckActivities {
  /** Asks one check once. A service that does not answer in its time is inconclusive, not an error. */
  askCheck(input: CheckInput): Promise<CheckResult>;
}

export interface Notice {
  readonly kind: NoticeKind;
  readonly at: string;
  readonly rolloutId: RolloutId;
  readonly name: string;
  readonly status: RolloutState['status'];
  readonly wave?: number;
  /** Why, for people. */
  readonly reason: string;
  readonly decision?: Decision;
}

/** What became of a notice; for the history, since nobody waits for it. */
export type NoticeResult =
  | { readonly kind: 'delivered'; readonly tries: number }
  | { readonly kind: 'givenUp'; readonly tries: number; readonly why: string };

export interface NoticeActivities {
  /**
   * Sends one notice to one webhook, with retries of its own for some minutes (it heartbeats between them); a webhook that
   * stays away is logged and given up.
   */
  notify(input: {
    readonly rule: NotifyRule;
    readonly notice: Notice;
    /** Unique; receivers drop repetitions by it. */
    readonly id: string;
  }): Promise<NoticeResult>;
}

/** The window that is open now or opens next. */
export interface Opening {
  readonly opensAt: string;
  readonly shutsAt: string;
}

export interface WindowActivities {
  /** @param input.zone IANA name; the window's own unless it goes by the device's */
  nextOpening(input: { readonly window: WindowRule; readonly zone?: string; readonly after: string }): Promise<Opening>;
}

export interface FleetActivities {
  /** Counts devices of the target for which a condition holds, and all of them. */
  countDevices(input: {
    readonly target: Target;
    readonly where: string;
  }): Promise<{ readonly matching: number; readonly all: number }>;
}

export interface TwinActivities {
  /** Reads a device's twin from its hub. Reads only. @throws GS_HUB_UNKNOWN @returns null when the hub has no such device */
  readTwin(input: { readonly hub: HubName; readonly deviceId: DeviceId }): Promise<TwinLook | null>;
}

/** Says on each hub which rollouts change its devices. */
export interface ClaimActivities {
  claimHubs(input: { readonly rolloutId: RolloutId; readonly hubs: readonly HubName[] }): Promise<void>;
  releaseHubs(input: { readonly rolloutId: RolloutId; readonly hubs: readonly HubName[] }): Promise<void>;
}
