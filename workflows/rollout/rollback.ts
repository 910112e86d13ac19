import { type GateVerdict, waveVerdict } from '../../domain/gate';
import { settingsOf, type WaveState } from '../../domain/progress';
import { sizeOf, tallyOf } from '../../domain/tally';
import { continueIfDue } from './continue';
import { act } from './decide';
import { judgedTally } from './gates';
import type { WaveRef } from './journal';
import type { Ending, Run } from './run';
import { hasRest, runShares } from './shares';
import { clear } from './waits';

/** The way back over a wave: the same shares, none of them begun. */
const undoOf = ({ index, deviceCount, shares }: WaveState): WaveState => ({
  index,
  deviceCount,
  status: 'pending',
  tally: tallyOf({ pending: deviceCount }),
  shares: shares.map(({ part, hub, zone, tally }) => ({
    part,
    hub,
    ...(zone !== undefined && { zone }),
    status: 'pending',
    tally: tallyOf({ pending: sizeOf(tally) }),
  })),
});

/** Waves that have begun, the last one first; the rollback's own gate holds from here on. */
function begin({ spec, journal }: Run): void {
  const { waves, settings, rollback } = journal.state;
  if (rollback !== undefined) return;
  const { failureLimit, limits, minimum, successTarget } = spec.rollback?.gate ?? settingsOf(spec);
  journal.note({ settings: { ...settings, failureLimit, limits, minimum, successTarget } });
  const begun = waves.filter(({ startedAt }) => startedAt !== undefined);
  journal.rollbackBegins(begun.map(undoOf).toReversed());
}

/** The gate after each wave of the way back. A breach holds; where nothing was touched nothing is to be asked. */
function verdictOf({ journal }: Run, ref: WaveRef): GateVerdict {
  const tally = judgedTally(journal.find(ref));
  const size = sizeOf(tally);
  if (size === tally.skipped) {
    return { kind: 'proceed', gate: 'successTarget', reason: `none of ${size} devices was to be undone`, tally };
  }
  return waveVerdict({ gate: journal.state.settings, onBreach: 'hold' }, tally);
}

async function undo(run: Run, ref: WaveRef): Promise<void> {
  let limit: 'asked' | 'waived' = 'asked';
  do {
    await runShares(run, ref, { limit });
    const verdict = verdictOf(run, ref);
    await act(run, { ref, after: 'rollback' }, verdict);
    if (verdict.kind === 'proceed') break;
    limit = 'waived';
  } while (hasRest(run, ref));
  run.journal.wave(ref, { status: 'passed' });
}

/** Brings the touched devices back, wave by wave, the last one first. A breach holds; then `proceed` goes on. */
export async function rollBack(run: Run): Promise<Ending> {
  const { journal } = run;
  await clear(run);
  if (journal.state.status !== 'rollingBack') journal.status('rollingBack');
  begin(run);
  for (const { index } of (journal.state.rollback ?? []).filter(({ status }) => status !== 'passed')) {
    await undo(run, { pass: 'rollback', index });
    await clear(run);
    await continueIfDue(run);
  }
  return 'rolledBack';
}
