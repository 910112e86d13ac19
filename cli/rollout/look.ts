import {
  type Client,
  type WorkflowExecutionDescription,
  type WorkflowExecutionStatusName,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { PayloadConverter } from '@temporalio/common';
import { decodedMessage } from '../../codec';
import type { RolloutId } from '../../domain/ids';
import type { RolloutState } from '../../domain/progress';
import type { ShareProgress } from '../../domain/share';
import { ROLLOUT, rolloutState } from '../../workflows/messages';
import { COMMAND } from '../output';
import { terminationOf } from './termination';
import { GRPC, grpcStatusOf, rootMessage, UnknownRolloutError } from './errors';

const CALL_TIMEOUT_MS = 10_000;
const QUERY_TIMEOUT_MS = 4_000;

/** An activity that is at its second try or later. */
export interface Retry {
  readonly activity: string;
  readonly attempt: number;
  readonly lastFailure: string;
}

/** All that can be seen of a rollout at one moment. */
export interface Look {
  readonly rolloutId: RolloutId;
  readonly execution: WorkflowExecutionStatusName;
  readonly startedAt: string;
  readonly closedAt?: string;
  /** Missing when no worker answers. */
  readonly state?: RolloutState;
  /** Why `state` is missing. */
  readonly unanswered?: string;
  /** How far the shares in flight have come, by their last heartbeats. */
  readonly beats: readonly ShareProgress[];
  readonly retries: readonly Retry[];
  /** Why the rollout failed, where it did; of a terminated one, by whom and why. */
  readonly failure?: string;
}

/** @throws CliError (exit code 1) when there is no rollout with this id */
export async function describeRollout(client: Client, rolloutId: RolloutId): Promise<WorkflowExecutionDescription> {
  const unknown = (what: string, cause?: unknown) =>
    new UnknownRolloutError(
      `there is no rollout '${rolloutId}' in the namespace '${client.options.namespace}'${what}`,
      `look at what there is with \`temporal workflow list\`, or start it with \`${COMMAND} rollout start SPEC --id ${rolloutId}\``,
      { cause },
    );
  try {
    const description = await client.workflow.getHandle(rolloutId).describe();
    if (description.type === ROLLOUT) return description;
    throw unknown(`: the workflow of that id is a ${description.type}`);
  } catch (error) {
    throw error instanceof WorkflowNotFoundError ? unknown('', error) : error;
  }
}

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

const isProgress = (details: unknown): details is ShareProgress =>
  typeof details === 'object' && details !== null && 'pass' in details && 'tally' in details;

const beatsOf = (pending: readonly Pending[], converter: PayloadConverter): ShareProgress[] =>
  pending
    .flatMap(({ heartbeatDetails }) => heartbeatDetails?.payloads ?? [])
    .map((payload) => converter.fromPayload<unknown>(payload))
    .filter(isProgress);

const retriesOf = (pending: readonly Pending[]): Retry[] =>
  pending.flatMap(({ activityType, attempt, lastFailure }) =>
    (attempt ?? 1) > 1
      ? [
          {
            activity: activityType?.name ?? 'activity',
            attempt: attempt ?? 1,
            lastFailure: lastFailure?.cause?.message ?? lastFailure?.message ?? 'unknown',
          },
        ]
      : [],
  );

/** Asks the worker for the state; without one, says why there is none. A server that does not answer is an error. */
async function stateOf(client: Client, rolloutId: RolloutId): Promise<Pick<Look, 'state' | 'unanswered'>> {
  try {
    const handle = client.workflow.getHandle(rolloutId);
    return { state: await client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () => handle.query(rolloutState)) };
  } catch (error) {
    const status = grpcStatusOf(error);
    if (status === GRPC.unavailable) throw error;
    return { unanswered: status === GRPC.deadlineExceeded ? 'no worker answered in time' : rootMessage(error) };
  }
}

/** The result of a rollout that ended, known without a worker, or why it has none. */
async function resultOf(
  client: Client,
  { workflowId, runId }: WorkflowExecutionDescription,
): Promise<Pick<Look, 'state' | 'failure'>> {
  try {
    return { state: (await client.workflow.getHandle(workflowId, runId).result()) as RolloutState };
  } catch (error) {
    if (grpcStatusOf(error) !== undefined) throw error;
    return { failure: (await terminationOf(client, { workflowId, runId })) ?? rootMessage(error) };
  }
}

/**
 * Looks at a rollout once. The pending activities are read before the state: then a wave that ends in between shows as
 * ended and never goes back.
 *
 * @throws CliError (exit code 1) when there is no such rollout; a service error when Temporal does not answer
 */
export async function lookAt(client: Client, rolloutId: RolloutId): Promise<Look> {
  return client.withDeadline(Date.now() + CALL_TIMEOUT_MS, async () => {
    const description = await describeRollout(client, rolloutId);
    const { status, startTime, closeTime, raw } = description;
    const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
    const pending = await decodedMessage(payloadCodecs, raw.pendingActivities ?? []);
    const result = closeTime && (await resultOf(client, description));
    return {
      rolloutId,
      execution: status.name,
      startedAt: startTime.toISOString(),
      ...(closeTime && { closedAt: closeTime.toISOString() }),
      beats: beatsOf(pending, payloadConverter),
      retries: retriesOf(pending),
      ...(result?.state ? result : { ...(await stateOf(client, rolloutId)), ...result }),
    };
  });
}
