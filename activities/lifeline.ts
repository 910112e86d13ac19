import { ActivityCancelledError, ActivityNotFoundError } from '@temporalio/client';
import { CancelledFailure, type Context, getClient } from '@temporalio/activity';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a long activity says to the server while it works, and hears from it. */
export interface Lifeline<Progress> {
  /**
   * Says that this attempt lives, and how far it has come.
   *
   * @throws CancelledFailure when the attempt must end at once: its worker shuts down, or another one has taken over
   */
  beat(progress: Progress): void;
  /** Like `beat`, but waits for the server's answer: a stop that was asked before this call is known after it. */
  check(progress: Progress): Promise<void>;
  /** Whether somebody asked the activity to stop. It may bring what is in flight to its end, and begins nothing new. */
  stopAsked(): boolean;
  /** Waits; ends early only with the worker. */
  rest(millis: number): Promise<void>;
}

/**
 * The lifeline of the activity that runs in this context.
 *
 * The SDK sends heartbeats at most every 0.8 heartbeat time-outs and hears of a stop only in their answers, too late to
 * keep the next batch from starting. `check` therefore asks the server itself.
 */
export function lifelineOf<Progress>(context: Context): Lifeline<Progress> {
  let stopped = false;
  const stopAsked = (): boolean => stopped || context.cancellationDetails?.cancelRequested === true;
  const endIfLost = (): void => {
    if (context.cancellationSignal.aborted && !stopAsked()) {
      throw new CancelledFailure('this attempt is over: its worker shuts down or another one has taken over');
    }
  };
  return {
    stopAsked,
    beat(progress) {
      endIfLost();
      context.heartbeat(progress);
    },
    async check(progress) {
      endIfLost();
      context.heartbeat(progress);
      try {
        await getClient().activity.heartbeat(context.info.taskToken, progress);
      } catch (error) {
        if (error instanceof ActivityNotFoundError)
          throw new CancelledFailure('another attempt has taken over', [], error);
        if (!(error instanceof ActivityCancelledError)) throw error;
        stopped = true;
      }
    },
    async rest(millis) {
      await Promise.race([sleep(millis), ...(stopAsked() ? [] : [context.cancelled.catch(() => undefined)])]);
      endIfLost();
    },
  };
}
