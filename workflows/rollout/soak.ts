import { act } from './decide';
import { askSoakGate, soaks } from './gates';
import type { WaveRef } from './journal';
import { askLateShares } from './late';
import type { Ending, Run } from './run';
import { clear, until } from './waits';

/** Rests until the soak is over, as long as the settings say then. A pause does not stop its clock. */
async function rest(run: Run, ref: WaveRef): Promise<Ending | 'skipped' | undefined> {
  const { journal, orders, crew } = run;
  const begun = Date.now();
  for (;;) {
    const { soakMs } = journal.state.settings;
    const ms = begun + soakMs - Date.now();
    const over = new Date(begun + soakMs).toISOString();
    if (ms <= 0) return undefined;
    journal.status('soaking', { for: 'soak', until: over, why: `after wave ${ref.index}` });
    const changed = () => orders.proceed !== undefined || crew.alarmed || journal.state.settings.soakMs !== soakMs;
    await until(changed, { ms, summary: `soak after wave ${ref.index}` });
    await clear(run);
    const ending = await askLateShares(run, ref.index + 1);
    if (ending !== undefined) return ending;
    if (orders.proceed !== undefined) {
      delete orders.proceed;
      return 'skipped';
    }
  }
}

/**
 * Lets a passed wave rest, then asks the checks once more; a person's `proceed` ends both.
 *
 * @returns how the rollout ends, or undefined when it goes on
 */
export async function soak(run: Run, ref: WaveRef): Promise<Ending | undefined> {
  if (!soaks(run)) return undefined;
  run.journal.wave(ref, { status: 'soaking' });
  const ended = await rest(run, ref);
  if (ended === 'skipped') return undefined;
  if (ended !== undefined) return ended;
  if (run.spec.gate.checks.length === 0) return undefined;
  return act(run, { ref, after: 'soak' }, await askSoakGate(run, ref));
}
