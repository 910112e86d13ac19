import type { Client } from '@temporalio/client';
import type { PayloadConverter } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { isFinalStatus, type RolloutStatus } from '../../domain/machine';
import type { ListedRollout } from '../../domain/listed';
import { keyword, SEARCH_ATTRIBUTES } from '../../domain/search-attributes';
import { ROLLOUT } from '../../workflows/messages';
import { dateOf } from './timestamp';

type Execution = temporal.api.workflow.v1.IWorkflowExecutionInfo;

/** RUNNING, COMPLETED, FAILED, CANCELED, TERMINATED, CONTINUED_AS_NEW, TIMED_OUT. */
const STATUS_NAMES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(temporal.api.enums.v1.WorkflowExecutionStatus).map(([name, value]) => [
    value,
    name.replace('WORKFLOW_EXECUTION_STATUS_', ''),
  ]),
);

export interface ListFilter {
  readonly state?: RolloutStatus;
  readonly hub?: string;
  readonly requester?: string;
  /** Rollouts, at most. */
  readonly limit: number;
}

const quoted = (text: string): string => `"${text}"`;

/**
 * The filter as Temporal's visibility has it. Values are without quotes and backslashes. A terminated rollout keeps the
 * state that it was in: only one that runs is in a state that is not final.
 *
 * @example queryOf({ state: 'aborted', limit: 1 }) // => 'WorkflowType = "rollout" AND GroundswellState = "aborted"'
 */
export const queryOf = ({ state, hub, requester }: ListFilter): string =>
  [
    ['WorkflowType', ROLLOUT],
    [SEARCH_ATTRIBUTES.state.name, state],
    ['ExecutionStatus', state === undefined || isFinalStatus(state) ? undefined : 'Running'],
    [SEARCH_ATTRIBUTES.hubs.name, hub],
    [SEARCH_ATTRIBUTES.requester.name, requester === undefined ? undefined : keyword(requester)],
  ]
    .flatMap(([name = '', value]) => (value === undefined ? [] : [`${name} = ${quoted(value)}`]))
    .join(' AND ');

/** Attributes are never encrypted; a memo may be, so nothing here reads it: a list needs no keys. */
function listed(
  { execution, status, startTime, closeTime, searchAttributes }: Execution,
  converter: PayloadConverter,
): ListedRollout {
  // The server holds each attribute to its type.
  const valueOf = (name: string): unknown => {
    const payload = searchAttributes?.indexedFields?.[name];
    return payload ? converter.fromPayload<unknown>(payload) : undefined;
  };
  return {
    rolloutId: execution?.workflowId ?? '',
    execution: STATUS_NAMES[status ?? 0] ?? 'UNKNOWN',
    state: valueOf(SEARCH_ATTRIBUTES.state.name) as string | undefined,
    wave: valueOf(SEARCH_ATTRIBUTES.wave.name) as number | undefined,
    hubs: valueOf(SEARCH_ATTRIBUTES.hubs.name) as readonly string[] | undefined,
    requester: valueOf(SEARCH_ATTRIBUTES.requester.name) as string | undefined,
    startedAt: (dateOf(startTime) ?? new Date(0)).toISOString(),
    closedAt: dateOf(closeTime)?.toISOString(),
  };
}

/** A run that continued as new is the same rollout, whose newest run is listed, too. */
const isNewest = ({ status }: Execution): boolean => STATUS_NAMES[status ?? 0] !== 'CONTINUED_AS_NEW';

export async function listRollouts(client: Client, filter: ListFilter): Promise<readonly ListedRollout[]> {
  const { namespace, loadedDataConverter } = client.options;
  const found: ListedRollout[] = [];
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.listWorkflowExecutions({
      namespace,
      query: queryOf(filter),
      pageSize: Math.min(filter.limit, 1_000),
      nextPageToken,
    });
    found.push(...page.executions.filter(isNewest).map((one) => listed(one, loadedDataConverter.payloadConverter)));
    ({ nextPageToken } = page);
  } while (nextPageToken.length > 0 && found.length < filter.limit);
  return found.slice(0, filter.limit);
}
