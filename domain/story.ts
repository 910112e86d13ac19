import type { DeviceId, HubName, RolloutId } from './ids';
import type { TwinSections } from './patches';
import type { BatchRef } from './share';
import type { DeviceOutcome } from './tally';

/** Where a rollout has a device; one that no wave takes is in the target state already, or in no ring or cohort. */
export type StoryPlace =
  | { readonly kind: 'wave'; readonly wave: number; readonly part: number; readonly batch: number }
  | { readonly kind: 'skipped' | 'leftOut' };

/** One try at the device. */
export interface StoryAttempt extends Omit<BatchRef, 'rolloutId' | 'hub'> {
  readonly jobId?: string;
  readonly startedAt: string;
  readonly endedAt: string;
  readonly outcome: DeviceOutcome;
}

/** What one rollout did to the device on one hub. No attempts: its batch was not begun, or has not ended. */
export interface StoryChapter {
  readonly rolloutId: RolloutId;
  readonly name: string;
  readonly hub: HubName;
  readonly place: StoryPlace;
  /** Forward first, then the catch-up, then the way back. */
  readonly attempts: readonly StoryAttempt[];
  /** What its twin had before, where the rollout's patch touches it. */
  readonly snapshot?: TwinSections;
}

export interface DeviceStory {
  readonly deviceId: DeviceId;
  /** Rollouts that the ledger has. */
  readonly rolloutCount: number;
  /** Chapters that there are; of very many only the last 500 are told. */
  readonly chapterCount: number;
  /** By their first attempt; those without come first. */
  readonly chapters: readonly StoryChapter[];
}
