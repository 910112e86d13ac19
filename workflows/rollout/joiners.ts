import { workflowInfo } from '@temporalio/workflow';
import type { JoiningRule } from '../../domain/spec';
import { planJoiners } from '../calls';
import { continueIfDue } from './continue';
import { holdingOnFailure } from './steps';
import type { Run } from './run';
import { clear, until } from './waits';

/** A rollout takes at most so many waves: its state is handed from run to run, which Temporal bounds at 2 MB. */
const MOST_WAVES = 1_000;

const lastIndex = ({ journal }: Run): number =>
  Math.max(
    0,
    ...(journal.state.plan?.waves ?? []).map(({ index }) => index),
    ...journal.state.waves.map(({ index }) => index),
  );

/** @returns the index of a further wave, or undefined when no device has joined */
async function planWave(run: Run): Promise<number | undefined> {
  const { rolloutId, spec, journal } = run;
  const input = { rolloutId, spec, runId: workflowInfo().firstExecutionRunId, wave: lastIndex(run) + 1 };
  const summary = `late joiners: wave ${input.wave}`;
  const { wave, turnedAway } = await holdingOnFailure(run, 'look for late joiners', () =>
    planJoiners.executeWithOptions({ summary }, [input]),
  );
  if (turnedAway !== undefined) journal.note({ turnedAway });
  await clear(run);
  if (wave === undefined || wave.deviceCount === 0) return undefined;
  journal.joined(wave);
  return wave.index;
}

/** Rests between two looks for late joiners. @returns whether any more are taken */
async function restOf(run: Run, { everyMs }: JoiningRule, joinUntil: string): Promise<boolean> {
  const { journal, orders, crew } = run;
  const ms = Math.min(everyMs, Date.parse(joinUntil) - Date.now());
  if (ms <= 0) return false;
  journal.status('waiting', { for: 'joiners', until: joinUntil });
  await until(() => orders.proceed !== undefined || crew.alarmed, {
    ms,
    summary: 'until the next look for late joiners',
  });
  await clear(run);
  if (orders.proceed === undefined) return true;
  delete orders.proceed;
  journal.note({ joinUntil: new Date().toISOString() });
  return false;
}

/**
 * The next wave of late joiners, while the spec takes them and nobody has said that it is enough.
 *
 * @returns its index, or undefined when there will be none; `alarmed` when a late share wants to be looked at first
 */
export async function nextJoiners(run: Run): Promise<number | 'alarmed' | undefined> {
  const { spec, journal, crew } = run;
  const rule = spec.target.kind === 'query' ? spec.target.joining : undefined;
  if (rule === undefined) return undefined;
  const { joinUntil = new Date(Date.now() + rule.forMs).toISOString() } = journal.state;
  journal.note({ joinUntil });
  for (;;) {
    if (journal.state.waves.length >= MOST_WAVES) return undefined;
    const index = await planWave(run);
    if (index !== undefined) return index;
    if (!(await restOf(run, rule, joinUntil))) return undefined;
    if (crew.alarmed) return 'alarmed';
    await continueIfDue(run);
  }
}
