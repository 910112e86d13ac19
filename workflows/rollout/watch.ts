import { watchedTarget } from '../../domain/move-scope';
import { failingVerdict, type GateVerdict } from '../../domain/gate';
import { totalTally } from '../../domain/progress';
import type { WatchRule } from '../../domain/spec';
import { countDevices } from '../calls';
import { continueIfDue } from './continue';
import { act } from './decide';
import { changedOf, checked } from './gates';
import type { Ending, Run } from './run';
import { holdingOnFailure } from './steps';
import { clear, until } from './waits';

/** A watch only holds: its findings are late, and a person decides what they are worth. */
const holding = (verdict: GateVerdict): GateVerdict =>
  verdict.kind === 'proceed' ? verdict : { ...verdict, kind: 'hold' };

const countBad = (run: Run, where: string) =>
  holdingOnFailure(run, 'count the devices that have gone bad', () =>
    countDevices({ target: watchedTarget(run.spec), where }),
  );

/** Asks how many devices have gone bad, then the checks. */
async function lookOnce(run: Run, { failing }: WatchRule, since: string): Promise<GateVerdict> {
  const { journal } = run;
  const tally = totalTally(journal.state);
  const fine: GateVerdict = { kind: 'proceed', gate: 'check', reason: 'nothing has gone bad', tally };
  const counted = failing === undefined ? fine : failingVerdict(failing, await countBad(run, failing.where), tally);
  await clear(run);
  const wave = journal.state.waves.at(-1);
  if (wave === undefined) return counted;
  return holding(await checked(run, { wave: wave.index, tally, since, changed: changedOf(wave) }, counted));
}

/**
 * Looks at the devices for a while after the end. A hold is ended by a rollback, or by `proceed`, which ends the watch.
 */
export async function watch(run: Run): Promise<Ending | undefined> {
  const { spec, journal } = run;
  const rule = spec.watch;
  if (rule === undefined) return undefined;
  await clear(run);
  const { watchUntil = new Date(Date.now() + rule.forMs).toISOString() } = journal.state;
  journal.note({ watchUntil });
  const since = new Date(Date.parse(watchUntil) - rule.forMs).toISOString();
  for (;;) {
    const ms = Math.min(rule.everyMs, Date.parse(watchUntil) - Date.now());
    if (ms <= 0) return undefined;
    journal.status('watching', { for: 'watch', until: watchUntil });
    await until(() => false, { ms, summary: 'until the next look at the devices' });
    const verdict = await lookOnce(run, rule, since);
    const ending = await act(run, { after: 'watch' }, verdict);
    if (ending !== undefined || verdict.kind === 'hold') return ending;
    await continueIfDue(run);
  }
}
