/** A call of the service API that came to nothing. `status` undefined: there was no answer. */
export class ServiceFailure extends Error {
  override readonly name = 'ServiceFailure';
  constructor(
    readonly status: number | undefined,
    message: string,
    /** Of an answer, when it says so; of no answer, Node's code, such as ENOTFOUND. */
    readonly details: { readonly retryAfterMs?: number; readonly code?: string } = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export const hasStatus = (cause: unknown, ...statuses: number[]): boolean =>
  cause instanceof ServiceFailure && cause.status !== undefined && statuses.includes(cause.status);

/** The name leads nowhere: a service that is quite new, or gone. */
export const isNameUnknown = (cause: unknown): boolean =>
  cause instanceof ServiceFailure && cause.details.code === 'ENOTFOUND';

/** What the official clients throw: azure-iot-http-base's RestApiClient.translateError, and RestError of `@azure/core-*`. */
interface ClientError {
  readonly message?: string;
  readonly code?: string;
  readonly responseBody?: string;
  readonly response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string | string[] | undefined>>;
  };
  /** Of a RestError; its `code` then is the Resource Manager's word, or Node's where there was no answer. */
  readonly statusCode?: number;
}

/** @param now milliseconds, for a Retry-After that is a date */
export function failureOf(cause: unknown, now: number): ServiceFailure {
  const { message = String(cause), code, response, responseBody = '', statusCode } = cause as ClientError;
  const status = response?.statusCode ?? statusCode;
  if (status === undefined) {
    return new ServiceFailure(undefined, message, code === undefined ? {} : { code }, { cause });
  }
  const retryAfterMs = waitOf(response?.headers?.['retry-after'], now);
  const details = retryAfterMs === undefined ? {} : { retryAfterMs };
  return new ServiceFailure(status, textOf(responseBody) ?? message, details, { cause });
}

/** Seconds or a date (RFC 9110, section 10.2.3). */
function waitOf(header: string | string[] | undefined, now: number): number | undefined {
  const text = typeof header === 'string' ? header : header?.[0];
  if (text === undefined) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

/** The service's own words: ProvisioningServiceErrorDetails. */
function textOf(body: string): string | undefined {
  try {
    const { errorCode, message } = JSON.parse(body) as { errorCode?: number; message?: string };
    return message === undefined ? undefined : `${message} (${String(errorCode)})`;
  } catch {
    return undefined;
  }
}
