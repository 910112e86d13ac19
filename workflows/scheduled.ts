import { ApplicationFailure, executeChild, workflowInfo } from '@temporalio/workflow';
import { type RolloutId, rolloutIdOfWorkflow } from '../domain/ids';
import type { RolloutStatus } from '../domain/machine';
import type { RolloutInput } from '../domain/progress';
import { firstAttributesOf, ROLLOUT, SPEC_HASH_MEMO } from './messages';
import type { rollout } from './rollout';

/** What a schedule starts again and again. */
export interface ScheduledInput {
  readonly rollout: Omit<RolloutInput, 'rolloutId'>;
  readonly specHash: string;
  /** What Temporal's lists and pages show of each rollout. */
  readonly summary: string;
  readonly details: string;
}

/**
 * Runs one rollout of a schedule, as a workflow of its own: its id is this workflow's id in the form of rollout ids, so that
 * every command finds it by that, as it finds any other. It lasts as long as the rollout, by which the schedule sees that
 * one still runs and starts no second one beside it.
 */
export async function scheduledRollout(
  input: ScheduledInput,
): Promise<{ readonly rolloutId: RolloutId; readonly status: RolloutStatus }> {
  const { workflowId } = workflowInfo();
  const rolloutId = rolloutIdOfWorkflow(workflowId);
  if (rolloutId === undefined) throw ApplicationFailure.nonRetryable(`no rollout id can be made of ${workflowId}`);
  const { rollout: wanted, specHash } = input;
  const { status } = await executeChild<typeof rollout>(ROLLOUT, {
    workflowId: rolloutId,
    args: [{ ...wanted, rolloutId }],
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    // A rollout is ended by its own commands only, never because what started it was.
    parentClosePolicy: 'ABANDON',
    memo: { [SPEC_HASH_MEMO]: specHash },
    ...(wanted.indexed && { typedSearchAttributes: firstAttributesOf(wanted, specHash) }),
    staticSummary: input.summary,
    staticDetails: input.details,
  });
  return { rolloutId, status };
}
