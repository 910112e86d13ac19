import { defineSearchAttributeKey } from '@temporalio/common';
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import type { Order, RolloutState } from '../domain/progress';

/** Workflow type names: what clients pass to `client.workflow.start`. */
export const ROLLOUT = 'rollout';
export const PREVIEW = 'preview';
export const SCHEDULED_ROLLOUT = 'scheduledRollout';

/** The task queue that workers poll and clients start on. */
export const TASK_QUEUE = 'groundswell';

/** Memo key under which the start keeps the spec's SHA-256, so that a second start can tell "the same" from "another". */
export const SPEC_HASH_MEMO = 'specHash';
/** Memo key under which each decision is recorded when it is made: one WorkflowPropertiesModified event a decision. */
export const DECISION_MEMO = 'decision';

/** The rollout as it stands. Answers at once, also after the rollout has ended. */
export const rolloutState = defineQuery<RolloutState>('rolloutState');

/** Ends the rollout: the batch in flight finishes, no further device is touched. Refused once it has ended. */
export const abortRollout = defineUpdate<RolloutState, [Order]>('abortRollout');

/** Lets a held rollout go on to its next wave. Refused unless it is held. */
export const proceedRollout = defineUpdate<RolloutState, [Order]>('proceedRollout');

/**
 * Search attributes of rollouts, for lists. Never encrypted, so no device id is in them. A server must have them all before
 * one is set: an unknown one stops the workflow for good.
 */
export const SEARCH_KEYS = {
  state: defineSearchAttributeKey('GroundswellState', 'KEYWORD'),
  hubs: defineSearchAttributeKey('GroundswellHubs', 'KEYWORD_LIST'),
  requester: defineSearchAttributeKey('GroundswellRequester', 'KEYWORD'),
  specHash: defineSearchAttributeKey('GroundswellSpecHash', 'KEYWORD'),
  /** 0 before the first wave. */
  wave: defineSearchAttributeKey('GroundswellWave', 'INT'),
} as const;
