import { CancellationScope, CancelledFailure, condition } from '@temporalio/workflow';
import type { Journal } from './journal';
import type { Run } from './run';

/** Ends the step when somebody has ended the phase that it belongs to. */
export function endIfStopped(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('the phase was ended');
}

/**
 * Waits for something to be so, at most for so long.
 *
 * @param rest.ms above 0
 * @returns whether it was so, and not only the time that was up
 */
export async function until(
  so: () => boolean,
  rest?: { readonly ms: number; readonly summary: string },
): Promise<boolean> {
  let came = true;
  if (rest === undefined) await condition(so);
  else came = await condition(so, rest.ms, { summary: rest.summary });
  endIfStopped();
  return came;
}

/** Neither paused nor held. */
export const isFree = ({ state }: Journal): boolean => state.paused === undefined && state.held === undefined;

/**
 * Waits while it is paused or held; every step does so before it goes on.
 *
 * @throws the failure of a share, once the others are at rest
 */
export async function clear({ journal, crew }: Run): Promise<void> {
  if (crew.failure !== undefined) {
    await until(() => crew.size === 0);
    throw crew.failure as Error; // whatever the share's activity failed with
  }
  endIfStopped();
  if (!isFree(journal)) await until(() => isFree(journal));
}
