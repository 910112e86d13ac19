import { isCancellation } from '@temporalio/workflow';
import { stepVerdict } from '../../domain/fault';
import { totalTally } from '../../domain/progress';
import { act } from './decide';
import { faultOf } from './failures';
import type { Run } from './run';

/**
 * Does a step between waves. Where it fails for good the rollout holds, and a person's `proceed` tries it again.
 *
 * @param what in the infinitive, for people
 */
export async function holdingOnFailure<Result>(run: Run, what: string, step: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await step();
    } catch (error) {
      if (isCancellation(error)) throw error;
      const { message } = faultOf(error);
      await act(run, { after: 'fault' }, stepVerdict(what, message, totalTally(run.journal.state)));
    }
  }
}
