import { type Client, WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import type { RolloutId } from '../../domain/ids';
import type { Order, RolloutState } from '../../domain/progress';
import { abortRollout, proceedRollout } from '../../workflows/messages';
import { CliError, COMMAND, EXIT } from '../output';
import { rootMessage } from './errors';
import { describeRollout, type Look, lookAt } from './look';

const ORDER_TIMEOUT_MS = 30_000;

export type OrderKind = 'abort' | 'proceed';

/** What became of an order. A refused one has changed nothing. */
export type OrderResult =
  { readonly kind: 'accepted'; readonly state: RolloutState } | { readonly kind: 'refused'; readonly reason: string };

/**
 * Names the order, so that the same order sent twice (a lost answer, two operators at one hold) is carried out once. A
 * rollout is aborted once; it goes on once after each decision.
 */
const updateIdOf = (kind: OrderKind, { state }: Look): string =>
  kind === 'abort' ? 'abort' : `proceed-${state?.decisions.length ?? 0}`;

async function send(
  client: Client,
  look: Look,
  { kind, order }: { kind: OrderKind; order: Order },
): Promise<OrderResult> {
  const update = kind === 'abort' ? abortRollout : proceedRollout;
  const options = { updateId: updateIdOf(kind, look), args: [order] as [Order] };
  const handle = client.workflow.getHandle(look.rolloutId);
  const state = await client.withDeadline(Date.now() + ORDER_TIMEOUT_MS, () => handle.executeUpdate(update, options));
  return { kind: 'accepted', state };
}

/**
 * Gives a person's order to a rollout.
 *
 * @throws CliError (exit code 1) when there is no such rollout, or when no worker takes the order in 30 seconds
 */
export async function giveOrder(
  client: Client,
  rolloutId: RolloutId,
  order: { readonly kind: OrderKind; readonly order: Order },
): Promise<OrderResult> {
  const { status } = await describeRollout(client, rolloutId);
  if (status.name !== 'RUNNING')
    return { kind: 'refused', reason: `the rollout has ended (${status.name.toLowerCase()})` };
  try {
    return await send(client, await lookAt(client, rolloutId), order);
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) return { kind: 'refused', reason: rootMessage(error) };
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error;
    throw new CliError(
      EXIT.failed,
      `no worker took the order within ${ORDER_TIMEOUT_MS / 1_000} seconds; it may still be carried out when one comes`,
      `start a worker, then look with \`${COMMAND} rollout status ${rolloutId}\``,
      { cause: error },
    );
  }
}
