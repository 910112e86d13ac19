import type { Client, WorkflowExecutionInfo, WorkflowExecutionStatusName } from '@temporalio/client';
import { keyword, SEARCH_ATTRIBUTES } from '../../domain/search-attributes';
import { ROLLOUT, SEARCH_KEYS } from '../../workflows/messages';

export interface ListFilter {
  readonly state?: string;
  readonly hub?: string;
  readonly requester?: string;
  /** Rollouts, at most. */
  readonly limit: number;
}

/** A rollout as the server's index has it; what it lacks was started while the server had no such attribute. */
export interface ListedRollout {
  readonly rolloutId: string;
  readonly execution: WorkflowExecutionStatusName;
  readonly state?: string;
  readonly wave?: number;
  readonly hubs?: readonly string[];
  readonly requester?: string;
  readonly startedAt: string;
  readonly closedAt?: string;
}

/** Source: Temporal, "List Filter": strings stand in quotes, which a backslash escapes. */
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, '\\$&')}"`;

/**
 * The filter as Temporal's visibility has it.
 *
 * @example queryOf({ state: 'held', limit: 1 }) // => 'WorkflowType = "rollout" AND GroundswellState = "held"'
 */
export const queryOf = ({ state, hub, requester }: ListFilter): string =>
  [
    ['WorkflowType', ROLLOUT],
    [SEARCH_ATTRIBUTES.state.name, state],
    [SEARCH_ATTRIBUTES.hubs.name, hub],
    [SEARCH_ATTRIBUTES.requester.name, requester === undefined ? undefined : keyword(requester)],
  ]
    .flatMap(([name = '', value]) => (value === undefined ? [] : [`${name} = ${quoted(value)}`]))
    .join(' AND ');

const listed = ({
  workflowId,
  status,
  typedSearchAttributes: attributes,
  startTime,
  closeTime,
}: WorkflowExecutionInfo): ListedRollout => ({
  rolloutId: workflowId,
  execution: status.name,
  state: attributes.get(SEARCH_KEYS.state),
  wave: attributes.get(SEARCH_KEYS.wave),
  hubs: attributes.get(SEARCH_KEYS.hubs),
  requester: attributes.get(SEARCH_KEYS.requester),
  startedAt: startTime.toISOString(),
  closedAt: closeTime?.toISOString(),
});

export async function listRollouts(client: Client, filter: ListFilter): Promise<readonly ListedRollout[]> {
  const found: ListedRollout[] = [];
  for await (const execution of client.workflow.list({
    query: queryOf(filter),
    pageSize: Math.min(filter.limit, 1_000),
  })) {
    // A run that continued as new is the same rollout, whose newest run is listed, too.
    if (execution.status.name !== 'CONTINUED_AS_NEW') found.push(listed(execution));
    if (found.length >= filter.limit) break;
  }
  return found;
}
