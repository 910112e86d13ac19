import { allHandlersFinished, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import type { RolloutInput } from '../../domain/progress';
import type { Run } from './run';
import { launchLate } from './shares';
import { clear, until } from './waits';

/** A run takes this many steps at most, so that histories stay short to replay. */
const MOST_STEPS = 50;

/** Notices under way would be lost with the run; beyond this history, they may be. Temporal ends a run at 51,200 events. */
const PATIENCE_EVENTS = 20_000;

function isDue({ steps, notices }: Run): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return (continueAsNewSuggested || steps >= MOST_STEPS) && (notices.pending === 0 || historyLength > PATIENCE_EVENTS);
}

/**
 * Continues as a new run, at a place where nothing but late shares is at work, when the history has become long. Late
 * shares end their batches, and go on in the new run from their cursors.
 *
 * Commands are not lost: what is accepted is in the state or in the orders, which are handed on; handlers finish at once;
 * and what the server has not delivered yet it hands to the next run or has the client send again.
 *
 * @see docs.temporal.io/handling-messages: wait for allHandlersFinished before continuing as new
 */
export async function continueIfDue(run: Run): Promise<void> {
  const { crew, journal, rolloutId, notices, orders } = run;
  run.steps += 1;
  if (!isDue(run)) return;
  crew.stop();
  await until(() => crew.size === 0);
  await clear(run);
  // What has come to light meanwhile is looked at first: the next step does, and begins the late shares again.
  if (crew.alarmed) return;
  await until(allHandlersFinished);
  const { spec, startedBy, indexed } = run.input;
  const input: RolloutInput = {
    rolloutId,
    spec,
    startedBy,
    ...(indexed && { indexed }),
    carried: { state: journal.state, orders, noticeCount: notices.sent },
  };
  // A pinned rollout takes the current worker version here, where no step is half done.
  await makeContinueAsNewFunc<(next: RolloutInput) => Promise<unknown>>({ initialVersioningBehavior: 'AUTO_UPGRADE' })(
    input,
  );
}

/** Picks up, in a new run, the late shares that the one before had stopped. */
export const resumeLate = (run: Run): void =>
  launchLate(run, (index) => run.journal.state.waves.some((wave) => wave.index === index && wave.status === 'passed'));
