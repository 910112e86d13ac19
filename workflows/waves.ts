import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { WaveInput, WaveResult } from '../activities/waves';
import type { PlannedWave } from '../domain/plan';
import { runWave } from './activities';
import type { Journal } from './journal';

/**
 * Runs a wave's part on one hub. Where a cancellation kept the activity from saying what it had done, it is asked again,
 * beginning nothing: what was in flight counts.
 */
async function runShare(input: Omit<WaveInput, 'mode'>): Promise<WaveResult> {
  try {
    return await runWave({ ...input, mode: 'run' });
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return CancellationScope.nonCancellable(() => runWave({ ...input, mode: 'settle' }));
  }
}

/**
 * Runs a wave on all its hubs at once. When one of them trips the failure limit or fails, the others stop after their
 * batch in flight.
 *
 * @param limit whether the failure limit is asked
 * @returns     one result a hub, in the plan's order
 * @throws      the first hub's failure, after the others have stopped
 */
export async function runShares(
  journal: Journal,
  { index, shares }: PlannedWave,
  limit: WaveInput['limit'],
): Promise<WaveResult[]> {
  const { rolloutId } = journal.state;
  const scope = new CancellationScope();
  journal.waveStarted(index);
  const settled = await scope.run(() =>
    Promise.allSettled(
      shares.map(async ({ hub }) => {
        try {
          const result = await runShare({ rolloutId, wave: index, hub, limit });
          journal.hubEnded(index, hub, result.tally);
          if (result.stopped === 'failureLimit') scope.cancel();
          return result;
        } catch (error) {
          scope.cancel();
          throw error;
        }
      }),
    ),
  );
  return settled.map((share) => {
    if (share.status === 'rejected') throw share.reason;
    return share.value;
  });
}
