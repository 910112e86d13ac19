import { isCancellation } from '@temporalio/workflow';
import { type Finding, type GateVerdict, waveVerdict, withFindings } from '../../domain/gate';
import type { ShareState, WaveState } from '../../domain/progress';
import type { Check } from '../../domain/spec';
import type { CheckInput } from '../../activities/contracts';
import { mergeTallies, type Tally } from '../../domain/tally';
import { askCheck } from '../calls';
import { now, type WaveRef } from './journal';
import type { Run } from './run';
import { clear } from './waits';

/** Devices are left that were not begun, or retries that were not made. */
export const isUnfinished = ({ status, stopped, tally }: ShareState): boolean =>
  status !== 'ended' && !(stopped === 'failureLimit' && tally.pending === 0);

/**
 * What a wave is judged by: where a share tripped a limit, its devices; else those of all shares that are at rest. Shares
 * that still run or wait go on beside the next waves and are not asked of.
 */
export function judgedTally({ shares }: WaveState): Tally {
  const tripped = shares.find(({ stopped }) => stopped === 'failureLimit');
  if (tripped !== undefined) return tripped.tally;
  return mergeTallies(
    shares.filter(({ status }) => status === 'ended' || status === 'stopped').map(({ tally }) => tally),
  );
}

/** One that cannot be asked at all has found nothing. */
async function find({ rolloutId }: Run, check: Check, about: Subject): Promise<Finding> {
  const { name } = check;
  try {
    const input = { rolloutId, check, ...about };
    const result = await askCheck.executeWithOptions({ summary: `check ${name}` }, [input]);
    return { name, ...result };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { name, kind: 'inconclusive', reason: `it could not be asked: ${String(error)}`, inputs: {} };
  }
}

/** What checks are asked about. */
export type Subject = Pick<CheckInput, 'wave' | 'tally' | 'since' | 'changed'>;

/** Asks checks, all at once, and lets them change a verdict that would go on. */
export async function checked(
  run: Run,
  about: Subject,
  verdict: GateVerdict,
  checks = run.spec.gate.checks,
): Promise<GateVerdict> {
  if (verdict.kind !== 'proceed' || checks.length === 0) return verdict;
  const findings = await Promise.all(checks.map((check) => find(run, check, about)));
  await clear(run);
  return withFindings(verdict, findings, run.spec.onBreach);
}

const asksTelemetry = ({ kind }: Check): boolean => kind === 'telemetry';

/**
 * Whether a passed wave rests: not after the very last one, unless late joiners may follow, or telemetry is asked, which needs
 * that time.
 */
export function soaks({ spec, journal }: Run): boolean {
  const { waves, settings } = journal.state;
  const joining = spec.target.kind === 'query' && spec.target.joining !== undefined;
  const goesOn = joining || waves.some(({ status }) => status === 'pending');
  return settings.soakMs > 0 && (goesOn || spec.gate.checks.some(asksTelemetry));
}

/** Which devices of a wave were changed, and when, as far as it has come. */
export function changedOf({ shares, startedAt = now(), endedAt = now() }: WaveState): Subject['changed'] {
  const unfinished = shares.filter(({ status }) => status !== 'ended' && status !== 'stopped').map(({ part }) => part);
  return { from: startedAt, to: endedAt, unfinished };
}

/** A person's wish for a hold is heard where the gate would go on. */
export function withHold({ orders }: Run, verdict: GateVerdict): GateVerdict {
  if (orders.hold === undefined || verdict.kind !== 'proceed') return verdict;
  const { actor, reason } = orders.hold;
  return { ...verdict, kind: 'hold', gate: 'person', reason: `${actor}: ${reason}` };
}

const subjectOf = (run: Run, wave: WaveState): Subject => ({
  wave: wave.index,
  tally: wave.tally,
  since: wave.startedAt ?? run.journal.state.startedAt,
  changed: changedOf(wave),
});

/**
 * The gate after a wave: limits, quorum and target, then the checks, then a person's wish. Telemetry is asked when the wave has
 * soaked: until then its devices have hardly sent anything.
 */
export async function askWaveGate(run: Run, ref: WaveRef): Promise<GateVerdict> {
  const { spec, journal } = run;
  const wave = journal.find(ref);
  const rules = { ...spec, gate: journal.state.settings };
  const numbers = waveVerdict(rules, judgedTally(wave));
  const checks = spec.gate.checks.filter((check) => !asksTelemetry(check) || !soaks(run));
  return withHold(run, await checked(run, subjectOf(run, wave), numbers, checks));
}

/** The gate after the soak: the checks once more. */
export async function askSoakGate(run: Run, ref: WaveRef): Promise<GateVerdict> {
  const wave = run.journal.find(ref);
  const { tally } = wave;
  const passed: GateVerdict = { kind: 'proceed', gate: 'check', reason: 'every check passed again', tally };
  return withHold(run, await checked(run, subjectOf(run, wave), passed));
}
