import { CancellationScope } from '@temporalio/workflow';
import { claimedHubs } from '../../domain/move-scope';
import { totalTally } from '../../domain/progress';
import { closeRollout, releaseHubs } from '../calls';
import { faultOf } from './failures';
import { now, type WaveRef } from './journal';
import type { Ending, Run } from './run';

/** What runs or waits is stopped now; what has passed stays passed. */
function stopWaves({ journal }: Run): void {
  const { waves, catchUp, rollback } = journal.state;
  const refs: (WaveRef & { readonly status: string; readonly endedAt: string | undefined })[] = [
    ...waves.map(({ index, status, endedAt }) => ({ pass: 'wave' as const, index, status, endedAt })),
    ...(catchUp ? [{ pass: 'catchUp' as const, index: 0, status: catchUp.status, endedAt: catchUp.endedAt }] : []),
    ...(rollback ?? []).map(({ index, status, endedAt }) => ({ pass: 'rollback' as const, index, status, endedAt })),
  ];
  for (const { pass, index, status, endedAt = now() } of refs) {
    if (status !== 'pending' && status !== 'passed') journal.wave({ pass, index }, { status: 'stopped', endedAt });
  }
}

/** Whether anything was claimed or written: a rollout that did not come to its plan leaves nothing behind. */
const hasPlan = ({ journal }: Run): boolean => journal.state.plan !== undefined;

/** The rollout has ended as it has, even where its records cannot be closed for good: then it says why. */
async function closeLedger({ journal, rolloutId }: Run): Promise<void> {
  try {
    const { path, sha256 } = await closeRollout({ rolloutId, state: journal.state });
    journal.note({ closing: { path, sha256 } });
  } catch (error) {
    journal.note({ unclosed: faultOf(error).message });
  }
}

/** Goes to the final state, gives the hubs back, closes the ledger, and waits for the notices that are under way. */
export function close(run: Run, ending: Exclude<Ending, 'rollback'> | Ending): Promise<void> {
  const { journal, rolloutId, spec, notices } = run;
  return CancellationScope.nonCancellable(async () => {
    stopWaves(run);
    if (ending !== 'rollback') journal.status(ending);
    if (hasPlan(run)) {
      await releaseHubs({ rolloutId, hubs: claimedHubs(spec, journal.state.plan) });
      await closeLedger(run);
    }
    const { succeeded, failed, timedOut, offline } = totalTally(journal.state);
    const counts = `${succeeded} succeeded, ${failed} failed, ${timedOut} timed out, ${offline} offline`;
    notices.tell(run, 'ended', `${journal.state.status}: ${counts}`, journal.state.decisions.at(-1));
    await notices.settle();
  });
}

/** Before the workflow fails: gives the hubs back and says so. */
export function release(run: Run, why: string): Promise<void> {
  const { rolloutId, spec, notices, journal } = run;
  return CancellationScope.nonCancellable(async () => {
    if (hasPlan(run)) await releaseHubs({ rolloutId, hubs: claimedHubs(spec, journal.state.plan) });
    notices.tell(run, 'ended', `failed: ${why}`);
    await notices.settle();
  });
}
