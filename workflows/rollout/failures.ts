import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { ShareFault } from '../../domain/share';

/** What lies at the root of a failure: wrappers ("Activity task failed") say nothing. */
function rootOf(error: Error): Error {
  let root = error;
  while (root.cause instanceof Error) root = root.cause;
  return root;
}

/**
 * Why an activity has failed for good.
 *
 * @throws the error itself when no activity's failure lies in it: a defect of the workflow, which stops it until it is mended
 */
export function faultOf(error: unknown): ShareFault {
  if (!(error instanceof ActivityFailure)) throw error;
  const root = rootOf(error);
  const code = root instanceof ApplicationFailure && root.type?.startsWith('GS_') === true ? root.type : undefined;
  return { ...(code !== undefined && { code }), message: root.message, jobIds: [] };
}
