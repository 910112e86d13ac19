import { randomUUID } from 'node:crypto';
import { stampOf } from '../world/time';

/**
 * Errors of DPS: HTTP status and number. 401000, 401002, 404201, 404202 and 400207 were seen in answers of Azure
 * (Azure/azure-iot-sdk-c issue 2362, MicrosoftDocs/azure-docs issues 43157 and 57082, Azure/iotedge issue 3233); the
 * others follow the pattern of 401000 and are a named setting (docs/emulator/provisioning.md).
 */
export const DPS_ERRORS = {
  BadRequest: [400, 400000],
  CustomAllocationFailed: [400, 400207],
  Unauthorized: [401, 401000],
  InvalidCredential: [401, 401002],
  LimitReached: [403, 403000],
  NotFound: [404, 404000],
  EnrollmentNotFound: [404, 404201],
  RegistrationNotFound: [404, 404202],
  MethodNotAllowed: [405, 405000],
  Conflict: [409, 409000],
  PreconditionFailed: [412, 412000],
  TooLarge: [413, 413000],
  UnsupportedMediaType: [415, 415000],
  Throttled: [429, 429000],
  ServerError: [500, 500000],
  NotImplemented: [501, 501000],
} as const satisfies Record<string, readonly [status: number, code: number]>;

export type DpsErrorName = keyof typeof DPS_ERRORS;

/** A refusal that the caller is told of. */
export class DpsError extends Error {
  readonly status: number;
  readonly code: number;

  /** @param retryAfterSeconds when the caller may try again: goes out as `Retry-After` */
  constructor(
    readonly errorName: DpsErrorName,
    message: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(message);
    [this.status, this.code] = DPS_ERRORS[errorName];
  }
}

/** A refusal that a test has asked for. */
class DpsFaultError extends DpsError {
  override readonly code: number;

  constructor(
    override readonly status: number,
    retryAfterSeconds: number | undefined,
  ) {
    super(status === 429 ? 'Throttled' : 'ServerError', 'A fault that the emulator was asked for.', retryAfterSeconds);
    this.code = status * 1000;
  }
}

export const dpsFault = (status: number, retryAfterSeconds: number | undefined): DpsError =>
  new DpsFaultError(status, retryAfterSeconds);

/** The error's body, over HTTPS and MQTT alike (azure-rest-api-specs, ProvisioningServiceErrorDetails). */
export const dpsErrorBody = ({ code, message }: DpsError, now: number): Record<string, unknown> => ({
  errorCode: code,
  trackingId: randomUUID(),
  message,
  timestampUtc: stampOf(now),
});

/** Refuses a body or parameter. */
export const badRequest = (message: string): DpsError => new DpsError('BadRequest', message);
