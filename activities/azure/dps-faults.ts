import { setTimeout as sleep } from 'node:timers/promises';
import { type FaultCode, type FaultDetails, GroundswellError } from '../../domain/errors';
import { type HubError, reasonOf, retryAfterOf, statusOf } from './hub-faults';

/** The client waits for ever for an answer that does not come. */
const ANSWER_WITHIN_MS = 30_000;

function codeOf(status: number | undefined): FaultCode {
  if (status === undefined || status >= 500 || status === 408) return 'GS_DPS_UNAVAILABLE';
  if (status === 429) return 'GS_DPS_THROTTLED';
  return status === 401 || status === 403 ? 'GS_DPS_UNAUTHORIZED' : 'GS_DPS_REFUSED';
}

/** The service's own words. Source: iot-dps REST, ProvisioningServiceErrorDetails. */
function wordsOf(error: HubError): string {
  try {
    const { errorCode, message } = JSON.parse(error.responseBody ?? '') as { errorCode?: number; message?: string };
    return message === undefined ? reasonOf(error) : `${message} (${String(errorCode)})`;
  } catch {
    return reasonOf(error);
  }
}

async function inTime<Result>(call: Promise<Result>, details: FaultDetails, withinMs: number): Promise<Result> {
  const over = new AbortController();
  const late = sleep(withinMs, undefined, { signal: over.signal, ref: false }).then(() => {
    const reason = `no answer within ${withinMs / 1_000} s`;
    throw new GroundswellError('GS_DPS_UNAVAILABLE', { ...details, reason });
  });
  late.catch(() => undefined); // aborted below, once nobody waits for it
  try {
    return await Promise.race([call, late]);
  } finally {
    over.abort();
  }
}

/**
 * Runs a call to a provisioning service and translates its failure, as `callingHub` does for hubs.
 *
 * @param details  named in the error; never secrets
 * @param withinMs how long an answer is waited for
 */
export async function callingDps<Result>(
  details: FaultDetails,
  call: () => Promise<Result>,
  withinMs = ANSWER_WITHIN_MS,
): Promise<Result> {
  try {
    return await inTime(call(), details, withinMs);
  } catch (error) {
    if (error instanceof GroundswellError) throw error;
    const status = statusOf(error);
    const retryAfterSeconds = retryAfterOf(error);
    // Without `cause`: the client's error holds the request, and with it the signature.
    throw new GroundswellError(codeOf(status), {
      ...details,
      ...(status !== undefined && { status }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      reason: wordsOf(error as HubError),
    });
  }
}
