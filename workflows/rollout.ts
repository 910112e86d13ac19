import { allHandlersFinished, CancellationScope, condition, ContinueAsNew, isCancellation } from '@temporalio/workflow';
import type { RolloutInput, RolloutState } from '../domain/progress';
import { catchUp } from './rollout/catch-up';
import { answer } from './rollout/commands';
import { continueIfDue, resumeLate } from './rollout/continue';
import { createRun } from './rollout/create';
import { close, release } from './rollout/end';
import { now } from './rollout/journal';
import { nextJoiners } from './rollout/joiners';
import { askLateShares, awaitLateShares } from './rollout/late';
import { plan } from './rollout/plan';
import { rollBack } from './rollout/rollback';
import type { Ending, Run } from './rollout/run';
import { indexOf } from './rollout/search';
import { clear } from './rollout/waits';
import { watch } from './rollout/watch';
import { passWave } from './rollout/wave';

/**
 * Runs a rollout: plans it, then its waves in order; after each the gate decides, and between two it soaks. Then late
 * joiners, the catch-up of stragglers and the watch. docs/states.md has all states and what moves them.
 *
 * It returns when it has ended in one of the final states. A held rollout waits for a person, for as long as that takes.
 *
 * @throws what an activity failed with, where trying again cannot help
 */
export async function rollout(input: RolloutInput): Promise<RolloutState> {
  const run = createRun(input, indexOf(input));
  answer(run);
  try {
    const ending = run.journal.state.rollback === undefined ? await phase(run, forward) : 'rollback';
    await close(run, ending === 'rollback' ? await phase(run, rollBack) : ending);
  } catch (error) {
    if (!(error instanceof ContinueAsNew)) await release(run, String(error));
    throw error;
  }
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  return run.journal.state;
}

/** All waves, then what follows them. */
async function forward(run: Run): Promise<Ending> {
  if (run.journal.state.plan === undefined) await plan(run);
  await clear(run);
  resumeLate(run);
  return (
    (await passWaves(run)) ??
    (await awaitLateShares(run)) ??
    (await catchUp(run)) ??
    (await watch(run)) ??
    (await atRest(run))
  );
}

async function atRest(run: Run): Promise<Ending> {
  await clear(run);
  return 'completed';
}

async function passWaves(run: Run): Promise<Ending | undefined> {
  for (;;) {
    const index = await nextWave(run);
    if (index === undefined) return undefined;
    const ending =
      index === 'alarmed' ? await askLateShares(run, Number.POSITIVE_INFINITY) : await passWave(run, index);
    if (ending !== undefined) return ending;
    await continueIfDue(run);
  }
}

const nextWave = async (run: Run): Promise<number | 'alarmed' | undefined> =>
  run.journal.state.waves.find(({ status }) => status === 'pending')?.index ?? nextJoiners(run);

/**
 * Runs one phase so that a person, or Temporal itself, can end it at any moment, and brings what it had in flight to rest.
 *
 * @throws the failure that ended it, and the wish to continue as new
 */
async function phase(run: Run, body: (run: Run) => Promise<Ending>): Promise<Ending> {
  delete run.asked;
  run.phase = new CancellationScope();
  try {
    return await run.phase.run(() => body(run));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    return endedBy(run);
  } finally {
    run.current = undefined;
    run.crew.stop();
    await CancellationScope.nonCancellable(() => condition(() => run.crew.size === 0));
    run.crew.takeBreach();
    run.crew.takeFaults();
  }
}

/** Who ended the phase: a person, or Temporal's own cancel, which behaves as an abort. */
function endedBy({ journal, asked }: Run): Ending {
  if (asked !== undefined) return asked;
  const order = { actor: 'temporal', reason: 'the workflow was cancelled' };
  journal.decided({ kind: 'abort', at: now(), wave: 0, order });
  journal.note({ paused: undefined, held: undefined });
  journal.status('aborting');
  return 'aborted';
}
