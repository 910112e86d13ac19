import { Client, QueryRejectedError, WorkflowNotFoundError } from '@temporalio/client';
import { ARBITER, type ArbiterState } from '../../domain/arbiter';
import type { HubName } from '../../domain/ids';

const QUERY_TIMEOUT_MS = 10_000;

/** A closed workflow would answer, too, with what it knew last. */
const openOnly = ({ connection, options: { namespace, dataConverter } }: Client): Client =>
  new Client({ connection, namespace, dataConverter, workflow: { queryRejectCondition: 'NOT_OPEN' } });

/** @returns how a hub's arbiter stands, or undefined when there is none: then nobody holds a slot */
export async function arbiterStateOf(client: Client, hub: HubName): Promise<ArbiterState | undefined> {
  try {
    const handle = openOnly(client).workflow.getHandle(ARBITER.workflowIdOf(hub));
    return await client.withDeadline(Date.now() + QUERY_TIMEOUT_MS, () => handle.query<ArbiterState>(ARBITER.state));
  } catch (error) {
    if (error instanceof WorkflowNotFoundError || error instanceof QueryRejectedError) return undefined;
    throw error;
  }
}
