import { workflowInfo } from '@temporalio/workflow';
import { claimedHubs } from '../../domain/move-scope';
import { claimHubs, planRollout } from '../calls';
import type { Run } from './run';
import { endIfStopped } from './waits';

/** Freezes the plan, and says on the hubs that their devices are being changed. */
export async function plan(run: Run): Promise<void> {
  const { rolloutId, spec, input, journal, notices } = run;
  const { expects } = input;
  const runId = workflowInfo().firstExecutionRunId;
  const summary = `plan on ${spec.target.hubs.join(', ')}`;
  const planned = await planRollout.executeWithOptions({ summary }, [
    { rolloutId, spec, runId, ...(expects && { expects }) },
  ]);
  endIfStopped();
  journal.planned(planned);
  await claimHubs({ rolloutId, hubs: claimedHubs(spec, planned) });
  endIfStopped();
  const { actor, reason } = journal.state.startedBy;
  notices.tell(run, 'started', `${actor}: ${reason}; ${planned.deviceCount} devices`);
}
