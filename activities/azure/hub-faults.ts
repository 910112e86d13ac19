import { type FaultCode, type FaultDetails, GroundswellError } from '../../domain/errors';

/** What azure-iothub puts on the errors of its REST calls; network errors carry a `code` of Node's instead. */
export interface HubError {
  readonly message?: string;
  readonly code?: string;
  readonly response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  };
  readonly responseBody?: string;
}

/** @returns the HTTP status of a refused call, or undefined when no answer came */
export const statusOf = (error: unknown): number | undefined => (error as HubError).response?.statusCode;

/** Errors that the adapters tell apart. Source: IoT Hub documentation, "Troubleshoot error codes". */
const HUB_ERRORS = {
  jobAlreadyExists: { number: 409_104, name: 'JobAlreadyExists' },
  notAllowedNow: { number: 405_102, name: 'OperationNotAllowedInCurrentState' },
  tooManyActiveJobs: { number: 429_004, name: 'ThrottlingMaxActiveJobCountExceeded' },
  dailyQuotaExceeded: { number: 403_002, name: 'IotHubQuotaExceeded' },
  deviceNotFound: { number: 404_001, name: 'DeviceNotFound' },
  preconditionFailed: { number: 412_001, name: 'PreconditionFailed' },
  deviceNotOnline: { number: 404_103, name: 'DeviceNotOnline' },
} as const;

/** Whether the hub's answer is this error. Some of its answers carry the name, others the number. */
export function isHubError(error: unknown, kind: keyof typeof HUB_ERRORS): boolean {
  const { number, name } = HUB_ERRORS[kind];
  const { responseBody, message = '' } = error as HubError;
  const text = responseBody ?? message;
  return text.includes(name) || text.includes(String(number));
}

function codeOf(error: unknown): FaultCode {
  const status = statusOf(error);
  if (status === undefined || status >= 500 || status === 408) return 'GS_HUB_UNAVAILABLE';
  if (status === 429 || isHubError(error, 'dailyQuotaExceeded')) return 'GS_HUB_THROTTLED';
  return status === 401 ? 'GS_HUB_UNAUTHORIZED' : 'GS_HUB_REFUSED';
}

/** @returns what a Retry-After header asks for; dates in it are not read, hubs send seconds */
export function retryAfterOf(error: unknown): number | undefined {
  const value = Number((error as HubError).response?.headers?.['retry-after']);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}

/** The hub's own words, cut to 1,000 characters. */
export const reasonOf = ({ responseBody, message, code }: HubError): string =>
  (responseBody ?? message ?? code ?? 'no reason given').slice(0, 1_000);

/**
 * Runs a call to a hub and translates its failure.
 *
 * @param details named in the error; never secrets
 * @param refused the code for a 400, where it says something more exact than GS_HUB_REFUSED
 */
export async function callingHub<Result>(
  details: FaultDetails,
  call: () => Promise<Result>,
  refused: FaultCode = 'GS_HUB_REFUSED',
): Promise<Result> {
  try {
    return await call();
  } catch (error) {
    const status = statusOf(error);
    const code = status === 400 ? refused : codeOf(error);
    const retryAfterSeconds = retryAfterOf(error);
    // Without `cause`: the SDK's error holds the request, and with it the signature.
    throw new GroundswellError(code, {
      ...details,
      ...(status !== undefined && { status }),
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
      reason: reasonOf(error as HubError),
    });
  }
}

/** @returns undefined for what the hub or the service does not have */
export const unlessMissing = <Result>(call: Promise<Result>): Promise<Result | undefined> =>
  call.catch((error: unknown) => {
    if (statusOf(error) === 404) return undefined;
    throw error;
  });
