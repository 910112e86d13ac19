import { defineSearchAttributeKey, type SearchAttributePair } from '@temporalio/common';
import { defineQuery, defineUpdate } from '@temporalio/workflow';
import { hubsIn } from '../domain/move-scope';
import type { Command } from '../domain/machine';
import type { ChangeOrder, Order, RolloutInput, RolloutState } from '../domain/progress';
import { keyword, SEARCH_ATTRIBUTES } from '../domain/search-attributes';

/** Workflow type names: what clients pass to `client.workflow.start`. */
export const ROLLOUT = 'rollout';
export const PREVIEW = 'preview';
export const DEVICE_STORY = 'deviceStory';
export const DEVICE_TWIN = 'deviceTwin';
export const DEVICE_PAGE = 'devicePage';
export const DEVICE_COUNTS = 'deviceCounts';
export const VERIFICATION = 'verification';
export const SCHEDULED_ROLLOUT = 'scheduledRollout';

/** The task queue that workers poll and clients start on. */
export const TASK_QUEUE = 'groundswell';

/** Memo key under which the start keeps the spec's SHA-256, so that a second start can tell "the same" from "another". */
export const SPEC_HASH_MEMO = 'specHash';
/** Memo key under which each decision is recorded when it is made: one WorkflowPropertiesModified event a decision. */
export const DECISION_MEMO = 'decision';

/** The rollout as it stands. Answers at once, also after the rollout has ended. */
export const rolloutState = defineQuery<RolloutState>('rolloutState');

/** A command is an update: refused without a trace in the history, or carried out and answered with the new state. */
export const STEER = {
  pause: defineUpdate<RolloutState, [Order]>('pauseRollout'),
  resume: defineUpdate<RolloutState, [Order]>('resumeRollout'),
  approve: defineUpdate<RolloutState, [Order]>('approveRollout'),
  deny: defineUpdate<RolloutState, [Order]>('denyRollout'),
  hold: defineUpdate<RolloutState, [Order]>('holdRollout'),
  proceed: defineUpdate<RolloutState, [Order]>('proceedRollout'),
  abort: defineUpdate<RolloutState, [Order]>('abortRollout'),
  rollback: defineUpdate<RolloutState, [Order]>('rollbackRollout'),
  change: defineUpdate<RolloutState, [ChangeOrder]>('changeRollout'),
} as const satisfies Record<Command, unknown>;

/** A server must have them all before one is set: an unknown one stops the workflow for good. */
export const SEARCH_KEYS = {
  state: defineSearchAttributeKey(SEARCH_ATTRIBUTES.state.name, SEARCH_ATTRIBUTES.state.type),
  hubs: defineSearchAttributeKey(SEARCH_ATTRIBUTES.hubs.name, SEARCH_ATTRIBUTES.hubs.type),
  requester: defineSearchAttributeKey(SEARCH_ATTRIBUTES.requester.name, SEARCH_ATTRIBUTES.requester.type),
  specHash: defineSearchAttributeKey(SEARCH_ATTRIBUTES.specHash.name, SEARCH_ATTRIBUTES.specHash.type),
  wave: defineSearchAttributeKey(SEARCH_ATTRIBUTES.wave.name, SEARCH_ATTRIBUTES.wave.type),
} as const;

/** What a rollout is found by from its start on; state and wave are kept up by the workflow. */
export const firstAttributesOf = (
  { spec, startedBy }: Pick<RolloutInput, 'spec' | 'startedBy'>,
  specHash: string,
): SearchAttributePair[] => [
  { key: SEARCH_KEYS.state, value: 'planning' },
  { key: SEARCH_KEYS.hubs, value: hubsIn(spec) },
  { key: SEARCH_KEYS.requester, value: keyword(startedBy.actor) },
  { key: SEARCH_KEYS.specHash, value: specHash },
  { key: SEARCH_KEYS.wave, value: 0 },
];
