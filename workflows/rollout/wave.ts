import { askApproval } from './approval';
import { act } from './decide';
import { askWaveGate } from './gates';
import type { WaveRef } from './journal';
import { askLateShares } from './late';
import type { Ending, Run } from './run';
import { hasRest, launchLate, runShares } from './shares';
import { soak } from './soak';
import { clear } from './waits';

/** Where the spec has no window nothing can keep the wave from running at once. */
function begins({ spec, journal }: Run): void {
  if (spec.window === undefined) journal.status('running');
}

/**
 * Asks the gate. After a hold, what the limit had kept back runs without it, and then the wave passes: a person has said so.
 */
async function judge(run: Run, ref: WaveRef): Promise<Ending | undefined> {
  for (;;) {
    const late = await askLateShares(run, ref.index);
    if (late !== undefined) return late;
    // A late share's breach had stopped this wave's shares: they end first.
    if (stoppedByOthers(run, ref)) {
      await runShares(run, ref, { limit: 'asked' });
      continue;
    }
    const verdict = await askWaveGate(run, ref);
    const ending = await act(run, { ref, after: 'wave' }, verdict);
    if (ending !== undefined || verdict.kind === 'proceed') return ending;
    launchLate(run, (index) => index < ref.index);
    if (!hasRest(run, ref)) return undefined;
    await runShares(run, ref, { limit: 'waived' });
    if (!hasRest(run, ref)) return undefined;
  }
}

const stoppedByOthers = (run: Run, ref: WaveRef): boolean => {
  const { shares } = run.journal.find(ref);
  const ownBreach = shares.some(({ stopped }) => stopped === 'failureLimit' || stopped === 'neverStarted');
  return !ownBreach && hasRest(run, ref);
};

/**
 * Takes one wave from its approval to its soak.
 *
 * @returns how the rollout ends, or undefined when it goes on
 */
export async function passWave(run: Run, index: number): Promise<Ending | undefined> {
  const ref: WaveRef = { pass: 'wave', index };
  const { journal } = run;
  await clear(run);
  const before = (await askLateShares(run, index)) ?? (await askApproval(run, ref));
  if (before !== undefined) return before;
  begins(run);
  await runShares(run, ref, { limit: 'asked' });
  const after = (await judge(run, ref)) ?? (await soak(run, ref));
  if (after !== undefined) return after;
  await clear(run);
  journal.wave(ref, { status: 'passed' });
  return undefined;
}
