import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';

type Termination = temporal.api.history.v1.IWorkflowExecutionTerminatedEventAttributes;

/** Who ended a workflow by force, and why: neither need have been given. */
export const terminationText = ({ identity, reason }: Termination): string =>
  `${reason || 'no reason given'} (by ${identity || 'somebody without a name'})`;

/** @returns who terminated a run and why, or undefined when it ended otherwise */
export async function terminationOf(
  { workflowService, options: { namespace } }: Client,
  execution: { readonly workflowId: string; readonly runId: string },
): Promise<string | undefined> {
  const { history } = await workflowService.getWorkflowExecutionHistory({
    namespace,
    execution,
    historyEventFilterType: temporal.api.enums.v1.HistoryEventFilterType.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT,
  });
  const terminated = history?.events?.at(-1)?.workflowExecutionTerminatedEventAttributes;
  return terminated ? terminationText(terminated) : undefined;
}
