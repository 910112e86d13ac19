import { Context } from '@temporalio/activity';

/**
 * Says that an activity goes on, and how far it is.
 *
 * @throws CancelledFailure when nobody waits for it any more
 */
export async function beat(progress: object): Promise<void> {
  const context = Context.current();
  context.heartbeat(progress);
  if (context.cancellationSignal.aborted) await context.cancelled;
}
