import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { RolloutId } from '../../domain/ids';
import type { Command } from '../../domain/machine';
import type { ChangeOrder, Order, RolloutState } from '../../domain/progress';
import { STEER } from '../../workflows/messages';
import { COMMAND } from '../output';
import { NoWorkerError, rootMessage } from './errors';
import { describeRollout, lookAt } from './look';

const ORDER_TIMEOUT_MS = 30_000;
/** A rollout that continues as new answers after a moment. */
const AGAIN_MS = 200;

/** What became of an order. A refused one has changed nothing. */
export type OrderResult =
  { readonly kind: 'accepted'; readonly state: RolloutState } | { readonly kind: 'refused'; readonly reason: string };

/**
 * Names the order, so that the same order sent twice (a lost answer, two operators at one hold) is carried out once. A
 * rollout is aborted once; any other order counts for the decisions that it saw; and two changes are the same when they set
 * the same.
 */
function updateIdOf(command: Command, order: Order | ChangeOrder): string {
  if (command === 'abort') return command;
  const settings = 'settings' in order ? `-${JSON.stringify(order.settings)}` : '';
  return `${command}-${order.seen ?? 0}${settings}`;
}

const isRefusal = ({ cause }: WorkflowUpdateFailedError): boolean =>
  cause instanceof ApplicationFailure && cause.type === 'GS_ORDER_REFUSED';

/** The run that was asked has ended: by continuing as new, or for good, which the next try tells. */
const isOver = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError || (error instanceof WorkflowUpdateFailedError && !isRefusal(error));

interface Sending {
  readonly client: Client;
  readonly rolloutId: RolloutId;
  readonly command: Command;
  readonly order: Order | ChangeOrder;
  readonly updateId: string;
  readonly deadline: number;
}

/** Sends it under its id until it is answered: a rollout that continues as new may end the run that was asked. */
async function send(sending: Sending): Promise<OrderResult> {
  const { client, rolloutId, command, order, updateId, deadline } = sending;
  const { status } = await describeRollout(client, rolloutId);
  if (status.name !== 'RUNNING')
    return { kind: 'refused', reason: `the rollout has ended (${status.name.toLowerCase()})` };
  const options = { updateId, args: [order] as [ChangeOrder] };
  const handle = client.workflow.getHandle(rolloutId);
  try {
    const state = await client.withDeadline(deadline, () => handle.executeUpdate(STEER[command], options));
    return { kind: 'accepted', state };
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError && isRefusal(error))
      return { kind: 'refused', reason: rootMessage(error) };
    if (!isOver(error) || Date.now() > deadline) throw error;
    await sleep(AGAIN_MS);
    return send(sending);
  }
}

/**
 * Gives a person's order to a rollout.
 *
 * @param order `seen`: as the rollout stands now, unless given
 *
 * @throws CliError (exit code 1) when there is no such rollout, or when no worker takes the order in 30 seconds
 */
export async function giveOrder(
  client: Client,
  rolloutId: RolloutId,
  { kind: command, order }: { readonly kind: Command; readonly order: Order | ChangeOrder },
): Promise<OrderResult> {
  const look = await lookAt(client, rolloutId);
  const seen = order.seen ?? look.state?.decisionCount;
  const seeing = { ...order, ...(seen !== undefined && { seen }) };
  const updateId = updateIdOf(command, seeing);
  try {
    const deadline = Date.now() + ORDER_TIMEOUT_MS;
    return await send({ client, rolloutId, command, order: seeing, updateId, deadline });
  } catch (error) {
    if (!(error instanceof WorkflowUpdateRPCTimeoutOrCancelledError)) throw error;
    throw new NoWorkerError(
      `no worker took the order within ${ORDER_TIMEOUT_MS / 1_000} seconds; it may still be carried out when one comes`,
      `start a worker, then look with \`${COMMAND} rollout status ${rolloutId}\``,
      { cause: error },
    );
  }
}
