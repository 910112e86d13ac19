import { faultVerdict } from '../../domain/fault';
import type { ShareAt } from './crew';
import { act } from './decide';
import type { Run } from './run';
import { clear } from './waits';

/** What a person lets be tried again: a job that failed is given up, the next one takes its place. */
function forgive({ journal }: Run, { ref, part, fault }: ShareAt): void {
  const { passedOver = [] } = journal.find(ref).shares.find((share) => share.part === part) ?? {};
  journal.share(ref, part, { fault: undefined, passedOver: [...passedOver, ...fault.jobIds] });
}

/**
 * Holds where shares cannot go on. All others have stopped by then; whoever called begins them again.
 *
 * @returns whether there was something to hold for
 */
export async function holdForFaults(run: Run): Promise<boolean> {
  const { journal, crew } = run;
  await clear(run);
  const faults = crew.takeFaults();
  const [first] = faults;
  if (first === undefined) return false;
  const { status, tally } = journal.find(first.ref);
  await act(run, { ref: first.ref, after: 'fault' }, faultVerdict(faults, tally));
  journal.wave(first.ref, { status });
  for (const fault of faults) forgive(run, fault);
  return true;
}
