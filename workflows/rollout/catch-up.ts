import type { GateVerdict } from '../../domain/gate';
import { waveVerdict } from '../../domain/gate';
import type { ShareState } from '../../domain/progress';
import { mergeTallies, tallyOf } from '../../domain/tally';
import { act } from './decide';
import { judgedTally, withHold } from './gates';
import { now, type WaveRef } from './journal';
import type { Ending, Run } from './run';
import { runShares } from './shares';
import { clear } from './waits';

const CATCH_UP: WaveRef = { pass: 'catchUp', index: 0 };

/** One share a hub that has stragglers; `part` is the hub's position in the spec. */
function sharesOf({ spec, journal }: Run): ShareState[] {
  const shares = journal.state.waves.flatMap((wave) => wave.shares);
  return spec.target.hubs.flatMap((hub, position) => {
    const { offline } = mergeTallies(shares.filter((share) => share.hub === hub).map(({ tally }) => tally));
    return offline === 0
      ? []
      : [{ part: position + 1, hub, status: 'pending' as const, tally: tallyOf({ pending: offline }) }];
  });
}

/** @returns until when, or undefined when there is nobody to catch up */
function begin(run: Run): string | undefined {
  const { spec, journal } = run;
  if (spec.offline === undefined || journal.state.catchUp?.status === 'passed') return undefined;
  if (journal.state.catchUp !== undefined) return journal.state.catchUp.deadline;
  const shares = sharesOf(run);
  const deviceCount = shares.reduce((sum, { tally }) => sum + tally.pending, 0);
  if (deviceCount === 0) return undefined;
  const deadline = new Date(Date.now() + spec.offline.catchUpMs).toISOString();
  const tally = tallyOf({ pending: deviceCount });
  journal.catchUpBegins({ index: 0, deviceCount, status: 'pending', tally, shares, startedAt: now(), deadline });
  return deadline;
}

/** Only the limits are asked: devices that stay away have had their time, and stay visible as offline. */
function verdictOf(run: Run): GateVerdict {
  const { spec, journal } = run;
  const wave = journal.find(CATCH_UP);
  const numbers = waveVerdict({ gate: journal.state.settings, onBreach: spec.onBreach }, judgedTally(wave));
  const ownBreach = wave.shares.some(({ stopped }) => stopped === 'failureLimit');
  if (ownBreach && numbers.kind !== 'proceed' && numbers.gate !== 'successTarget') return numbers;
  const { succeeded, offline, pending } = wave.tally;
  const reason = `${succeeded} of ${wave.deviceCount} caught up, ${offline + pending} still offline`;
  return withHold(run, { kind: 'proceed', gate: 'successTarget', reason, tally: wave.tally });
}

/** Once more, until the deadline: the devices that were offline in their wave. */
export async function catchUp(run: Run): Promise<Ending | undefined> {
  const { journal } = run;
  const deadline = begin(run);
  if (deadline === undefined) return undefined;
  let limit: 'asked' | 'waived' = 'asked';
  for (;;) {
    await clear(run);
    journal.status('catchingUp', { for: 'stragglers', until: deadline });
    await runShares(run, CATCH_UP, { limit, deadline });
    const verdict = verdictOf(run);
    const ending = await act(run, { ref: CATCH_UP, after: 'catchUp' }, verdict);
    if (ending !== undefined) return ending;
    const breached = verdict.kind === 'hold' && verdict.gate !== 'person';
    if (!breached || Date.parse(deadline) <= Date.now()) break;
    limit = 'waived';
  }
  journal.wave(CATCH_UP, { status: 'passed' });
  return undefined;
}
