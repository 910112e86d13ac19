import { waveVerdict } from '../../domain/gate';
import { act } from './decide';
import { holdForFaults } from './faults';
import type { Ending, Run } from './run';
import { launchLate } from './shares';
import { clear, until } from './waits';

/**
 * Asks the limits of late shares that tripped one; after a hold they go on without the limit. Then holds where shares cannot
 * go on.
 *
 * @param before waves with a lower index are passed: theirs are the late shares
 * @returns      how the rollout ends, or undefined when it goes on
 */
export async function askLateShares(run: Run, before: number): Promise<Ending | undefined> {
  const { spec, journal, crew } = run;
  for (;;) {
    await clear(run);
    const breach = crew.takeBreach();
    if (breach === undefined) {
      if (!(await holdForFaults(run))) return undefined;
      launchLate(run, (index) => index < before);
      continue;
    }
    const rules = { gate: journal.state.settings, onBreach: spec.onBreach };
    const ending = await act(run, { ref: breach.ref, after: 'lateShare' }, waveVerdict(rules, breach.tally));
    if (ending !== undefined) return ending;
    journal.wave(breach.ref, { status: 'passed' });
    launchLate(run, (index) => index < before);
  }
}

/** Waits for the late shares at the end of all waves. */
export async function awaitLateShares(run: Run): Promise<Ending | undefined> {
  const { crew, journal } = run;
  while (crew.size > 0) {
    journal.status('waiting', { for: 'window', why: 'zones of earlier waves still run or wait for their windows' });
    await until(() => crew.size === 0 || crew.alarmed);
    const ending = await askLateShares(run, Number.POSITIVE_INFINITY);
    if (ending !== undefined) return ending;
  }
  return askLateShares(run, Number.POSITIVE_INFINITY);
}
