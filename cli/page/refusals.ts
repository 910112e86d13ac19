import { ApplicationFailure } from '@temporalio/common';
import { HttpError } from '../../http/http-error';
import { CliError } from '../output';
import { GRPC, grpcStatusOf, NoWorkerError, rootMessage, UnknownRolloutError } from '../rollout/errors';

/** The code of a fault that a worker has told, or undefined. */
const faultOf = (error: unknown): string | undefined => {
  if (error instanceof ApplicationFailure && typeof error.type === 'string') return error.type;
  return error instanceof Error && error.cause !== undefined ? faultOf(error.cause) : undefined;
};

const wordOf = (message: string): string => message.split('\n')[0] ?? message;

/**
 * What the code of the command line throws, as an answer to a page. The advice of its errors names commands, which is
 * nothing for a page; the page has its own for each status.
 *
 * @returns undefined for a defect
 */
export function refusalOf(error: unknown): HttpError | undefined {
  if (error instanceof HttpError) return error;
  if (error instanceof UnknownRolloutError)
    return new HttpError(404, 'ROLLOUT_UNKNOWN', error.message, { cause: error });
  if (error instanceof NoWorkerError)
    return new HttpError(503, 'NO_WORKER', error.message, { advice: 'Look whether a worker runs.', cause: error });
  const fault = faultOf(error);
  if (fault === 'GS_HUB_UNKNOWN') return new HttpError(404, fault, wordOf(rootMessage(error)), { cause: error });
  if (error instanceof CliError) return new HttpError(502, fault ?? 'REFUSED', wordOf(error.message), { cause: error });
  const status = grpcStatusOf(error);
  if (status === undefined) return undefined;
  const advice =
    status === GRPC.permissionDenied ? 'Look at the rights of the host in Temporal.' : 'Look whether Temporal runs.';
  return new HttpError(503, 'TEMPORAL', `Temporal: ${wordOf(rootMessage(error))}`, { advice, cause: error });
}
