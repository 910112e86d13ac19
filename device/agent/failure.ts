/** What a failed call to a hub or a provisioning service means. */
export interface Failure {
  readonly kind:
    /** 429: too many at a time. */
    | 'throttled'
    /** 5xx, or a registration that the service could not carry out: not the device's fault. */
    | 'serverError'
    /** Any other answer: 401, 404, disabled. */
    | 'refused'
    /** No answer at all: no network, no such host, time-out, a connection that was cut. */
    | 'unanswered';
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** What the service said in `Retry-After`. */
  readonly retryAfterMs?: number;
  readonly message: string;
}

/** The parts that errors of the SDKs may have; none of their classes has all. */
interface SdkError {
  readonly name?: string;
  readonly message?: string;
  readonly code?: unknown;
  readonly response?: { readonly statusCode?: number; readonly headers?: Readonly<Record<string, unknown>> };
  readonly result?: { readonly status?: string; readonly registrationState?: RegistrationError };
}
interface RegistrationError {
  readonly errorCode?: number;
  readonly errorMessage?: string;
}

/** Names of the SDKs' errors over MQTT, where there is no status (azure-iot-mqtt-base, mqtt_translate_error). */
const BY_NAME: Readonly<Record<string, Failure['kind']>> = {
  ThrottlingError: 'throttled',
  ServiceUnavailableError: 'serverError',
  InternalServerError: 'serverError',
  UnauthorizedError: 'refused',
  ForbiddenError: 'refused',
  DeviceNotFoundError: 'refused',
  IotHubNotFoundError: 'refused',
};

/** The return codes of a refused MQTT connection (MQTT 3.1.1, table 3.1), as MQTT.js has them. */
const BY_RETURN_CODE: Readonly<Record<number, Failure['kind']>> = {
  1: 'refused',
  2: 'refused',
  3: 'serverError',
  4: 'refused',
  5: 'refused',
};

const kindOfStatus = (status: number): Failure['kind'] =>
  status === 429 ? 'throttled' : status >= 500 ? 'serverError' : 'refused';

/** Reads an error of the device SDKs, of MQTT.js or of {@link StatusError}. */
export function failureOf(thrown: unknown): Failure {
  const error = (typeof thrown === 'object' && thrown !== null ? thrown : {}) as SdkError;
  const message = messageOf(thrown, error);
  // A registration that failed comes with the response that says so, whose status is 200.
  if (error.result?.status === 'failed') return { kind: 'serverError', message };
  if (error.result?.status === 'disabled') return { kind: 'refused', message };
  const status = error.response?.statusCode;
  if (status !== undefined) {
    return { kind: kindOfStatus(status), status, message, ...retryAfterOf(error.response?.headers) };
  }
  if (typeof error.code === 'number') return { kind: BY_RETURN_CODE[error.code] ?? 'unanswered', message };
  return { kind: BY_NAME[error.name ?? ''] ?? 'unanswered', message };
}

function messageOf(thrown: unknown, { message, result }: SdkError): string {
  const { errorCode, errorMessage } = result?.registrationState ?? {};
  const told = message ?? String(thrown);
  return errorCode === undefined ? told : `${told}: ${errorCode} ${errorMessage ?? ''}`.trimEnd();
}

/** Whole seconds. An HTTP date is not understood: the services send none. */
function retryAfterOf(headers: Readonly<Record<string, unknown>> = {}): { retryAfterMs?: number } {
  const seconds = Number(headers['retry-after']);
  return Number.isFinite(seconds) && seconds > 0 ? { retryAfterMs: seconds * 1000 } : {};
}

/** An answer with a status that is no success, in the form of the SDKs' errors. */
export class StatusError extends Error {
  override readonly name = 'StatusError';

  constructor(
    message: string,
    readonly response: { readonly statusCode: number; readonly headers: Readonly<Record<string, unknown>> },
  ) {
    super(message);
  }
}
