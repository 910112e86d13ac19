import { endedOf, sizeOf } from '../../domain/tally';
import { taskOf } from './crew';
import { holdForFaults } from './faults';
import { isUnfinished } from './gates';
import { now, type WaveRef } from './journal';
import type { Run } from './run';
import { clear, until } from './waits';

/** Of a wave that spans zones: enough devices have ended for the gate to be asked. */
function hasQuorum({ spec, journal }: Run, ref: WaveRef): boolean {
  if (spec.window?.zone.kind !== 'tag' || ref.pass !== 'wave') return false;
  const { shares, deviceCount } = journal.find(ref);
  if (shares.some(({ stopped }) => stopped === 'failureLimit')) return false;
  const ended = shares.filter(({ status }) => status === 'ended').reduce((sum, { tally }) => sum + endedOf(tally), 0);
  return ended >= spec.window.quorum * deviceCount - 1e-9;
}

interface HowToRun {
  readonly limit: 'asked' | 'waived';
  readonly deadline?: string;
}

/**
 * Runs what is left of a wave, all its shares at once, until they have ended, or, for zones, until the quorum has. Then
 * those that are left are late: they go on beside the next waves. Where a share cannot go on it holds, and a person's
 * `proceed` begins what is left again.
 */
export async function runShares(run: Run, ref: WaveRef, how: HowToRun): Promise<void> {
  for (;;) {
    await runOnce(run, ref, how);
    // A late share's breach comes first: whoever looks at that looks at faults, too.
    if (run.crew.breached || !(await holdForFaults(run))) return;
    if (ref.pass === 'wave') launchLate(run, (index) => index < ref.index);
  }
}

async function runOnce(run: Run, ref: WaveRef, { limit, deadline }: HowToRun): Promise<void> {
  const { journal, crew } = run;
  const { shares, startedAt = now() } = journal.find(ref);
  run.current = ref;
  journal.wave(ref, { status: 'running', startedAt, endedAt: undefined });
  const tasks = shares
    .filter((share) => isUnfinished(share) && !crew.runs(ref, share.part))
    .map(({ part }) => crew.launch(run, taskOf(ref, part, { limit, ...(deadline !== undefined && { deadline }) })));
  const rest = (): boolean => tasks.every(({ done }) => done);
  await until(() => rest() || crew.alarmed || hasQuorum(run, ref));
  if (crew.alarmed) await until(rest);
  run.current = undefined;
  for (const task of tasks) task.late = true;
  journal.wave(ref, { endedAt: now() });
  await clear(run);
}

/** Starts the shares of passed waves again that were stopped with devices left: after a hold, and in a new run. */
export function launchLate(run: Run, passed: (index: number) => boolean): void {
  const { journal, crew } = run;
  for (const { index, shares } of journal.state.waves.filter((wave) => passed(wave.index))) {
    const ref: WaveRef = { pass: 'wave', index };
    for (const share of shares.filter((each) => isUnfinished(each) && !crew.runs(ref, each.part))) {
      // A limit that tripped was looked at by a person before anything began again.
      const limit = share.stopped === 'failureLimit' ? 'waived' : 'asked';
      crew.launch(run, taskOf(ref, share.part, { limit, late: true }));
    }
  }
}

/** Whether anything of a wave is left to run now; late shares that are at work do not count. */
export const hasRest = ({ journal, crew }: Run, ref: WaveRef): boolean =>
  journal
    .find(ref)
    .shares.some((share) => isUnfinished(share) && sizeOf(share.tally) > 0 && !crew.runs(ref, share.part));
