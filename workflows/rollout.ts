import {
  allHandlersFinished,
  ApplicationFailure,
  CancelledFailure,
  CancellationScope,
  condition,
  isCancellation,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { WaveResult } from '../activities/waves';
import { FAULTS } from '../domain/errors';
import { waveVerdict } from '../domain/gate';
import { type RolloutId, rolloutIdOfWorkflow } from '../domain/ids';
import type { PlannedWave } from '../domain/plan';
import { isFinal, type Order, type RolloutInput, type RolloutState } from '../domain/progress';
import { mergeTallies, type Tally } from '../domain/tally';
import { planRollout } from './activities';
import { Journal, now } from './journal';
import { abortRollout, proceedRollout, rolloutState } from './messages';
import { runShares } from './waves';

/** What persons have asked for and the workflow has not done yet. */
interface Orders {
  abort?: Order;
  proceed?: Order;
}

interface Run extends RolloutInput {
  readonly rolloutId: RolloutId;
  readonly journal: Journal;
  readonly orders: Orders;
}

const refuse = (why: string): never => {
  const type = 'GS_ORDER_REFUSED';
  throw ApplicationFailure.nonRetryable(`${type}: ${FAULTS[type].text} (${why})`, type);
};

/**
 * Runs a rollout: plans it, then its waves in order; after each the gate decides, and between two it soaks.
 *
 * It returns when every wave has passed, or when a gate or a person aborted it. A held rollout waits for a person, for as
 * long as that takes.
 */
export async function rollout(input: RolloutInput): Promise<RolloutState> {
  const rolloutId = input.rolloutId ?? rolloutIdOfWorkflow(workflowInfo().workflowId);
  if (rolloutId === undefined) return refuse('its workflow id does not make a rollout id');
  const run: Run = { ...input, rolloutId, journal: new Journal({ ...input, rolloutId }), orders: {} };
  const { journal, orders } = run;
  const body = new CancellationScope();
  answer(run, () => body.cancel());

  try {
    await body.run(() => runPlan(run));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    journal.aborted(orders.abort ?? { actor: 'temporal', reason: 'the workflow was cancelled' });
  }
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  return journal.state;
}

function answer({ journal, orders }: Run, stop: () => void): void {
  const assertComplete = ({ actor, reason }: Order): void => {
    if (!actor || !reason) refuse('an order needs an actor and a reason');
  };
  setHandler(rolloutState, () => journal.state, { description: 'The rollout as it stands' });
  setHandler(
    abortRollout,
    (order) => {
      if (orders.abort === undefined) {
        orders.abort = order;
        journal.status('aborting');
        stop();
      }
      return journal.state;
    },
    {
      description: 'Ends the rollout; the batch in flight finishes, no further device is touched',
      validator: (order: Order) => {
        assertComplete(order);
        if (isFinal(journal.state)) refuse(`it has ended: ${journal.state.status}`);
      },
    },
  );
  setHandler(
    proceedRollout,
    (order) => {
      orders.proceed = order;
      journal.status('running');
      return journal.state;
    },
    {
      description: 'Lets a held rollout go on',
      validator: (order: Order) => {
        assertComplete(order);
        if (journal.state.status !== 'held') refuse(`it is not held: ${journal.state.status}`);
      },
    },
  );
}

async function runPlan(run: Run): Promise<void> {
  const { rolloutId, spec, journal } = run;
  const plan = await planRollout({ rolloutId, spec, runId: workflowInfo().firstExecutionRunId });
  journal.planned(plan);
  const waves = plan.waves.filter(({ deviceCount }) => deviceCount > 0);
  for (const [position, wave] of waves.entries()) {
    journal.status('running');
    if (!(await passWave(run, wave))) return;
    if (position < waves.length - 1 && spec.gate.soakMs > 0) {
      journal.wave(wave.index, { status: 'soaking' });
      journal.status('soaking');
      await sleep(spec.gate.soakMs, { summary: `soak after wave ${wave.index}` });
    }
    journal.wave(wave.index, { status: 'passed' });
  }
  journal.status('completed');
}

/** @returns whether the rollout goes on; if not, the gate has aborted it */
async function passWave(run: Run, wave: PlannedWave): Promise<boolean> {
  const { spec, journal } = run;
  const results = await runShares(journal, wave, 'asked');
  ended(run, wave);

  const verdict = waveVerdict(spec, judgedTally(results));
  journal.decided({ kind: 'gate', at: now(), wave: wave.index, verdict });
  if (verdict.kind === 'abort') {
    journal.wave(wave.index, { status: 'stopped' });
    journal.status('aborted');
    return false;
  }
  if (verdict.kind === 'hold') await hold(run, wave);
  return true;
}

/** What the gate judges: where a hub tripped the failure limit, that hub's devices, else the whole wave's. */
const judgedTally = (results: readonly WaveResult[]): Tally =>
  results.find(({ stopped }) => stopped === 'failureLimit')?.tally ?? mergeTallies(results.map(({ tally }) => tally));

/** The wave's devices are done for now; goes no further when somebody has asked for an abort meanwhile. */
function ended({ journal }: Run, { index }: PlannedWave): void {
  journal.wave(index, { endedAt: now() });
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('aborted');
}

/** Waits for a person to let the wave pass. Devices that the failure limit had kept back are then done first. */
async function hold(run: Run, wave: PlannedWave): Promise<void> {
  const { journal, orders } = run;
  journal.wave(wave.index, { status: 'held' });
  journal.status('held');
  await condition(() => orders.proceed !== undefined);
  const { proceed: order } = orders;
  if (order === undefined) return;
  delete orders.proceed;
  journal.decided({ kind: 'proceed', at: now(), wave: wave.index, order });
  if (journal.tally(wave.index).pending === 0) return;
  await runShares(journal, wave, 'waived');
  ended(run, wave);
}
