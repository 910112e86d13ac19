import type { Decision, RolloutState } from '../domain/progress';
import type { HubName, RolloutId } from '../domain/ids';
import type { ShareInput, ShareResult } from '../domain/share';
import type { Check, JsonObject, NoticeKind, NotifyRule, Target, WindowRule } from '../domain/spec';
import type { Tally } from '../domain/tally';

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

export interface CheckInput {
  readonly rolloutId: RolloutId;
  readonly wave: number;
  readonly check: Check;
  readonly tally: Tally;
  /** When the wave began (UTC, ISO 8601). */
  readonly since: string;
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

export interface NoticeActivities {
  /** Sends one notice to one webhook, with retries of its own; a webhook that stays away is logged and given up. */
  notify(input: {
    readonly rule: NotifyRule;
    readonly notice: Notice;
    /** Unique; receivers drop repetitions by it. */ readonly id: string;
  }): Promise<void>;
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

/** Says on each hub which rollouts change its devices. */
export interface ClaimActivities {
  claimHubs(input: { readonly rolloutId: RolloutId; readonly hubs: readonly HubName[] }): Promise<void>;
  releaseHubs(input: { readonly rolloutId: RolloutId; readonly hubs: readonly HubName[] }): Promise<void>;
}
