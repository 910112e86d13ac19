import { randomUUID } from 'node:crypto';

/**
 * Names of IoT Hub's errors with HTTP status and number (MicrosoftDocs/azure-docs, iot-hub/troubleshoot-error-codes.md).
 * `NotImplemented` is the emulator's own: the operation exists in Azure and is not built here (docs/emulator-parity.md).
 */
export const HUB_ERRORS = {
  InvalidProtocolVersion: [400, 400001],
  InvalidOperation: [400, 400003],
  ArgumentInvalid: [400, 400004],
  ArgumentNull: [400, 400005],
  IotHubFormatError: [400, 400006],
  BlobContainerValidationError: [400, 400008],
  BulkRegistryOperationFailure: [400, 400013],
  InvalidConfigurationTargetCondition: [400, 400401],
  InvalidConfigurationContent: [400, 400402],
  InvalidConfigurationCustomMetricsQuery: [400, 400404],
  InvalidStorageEndpointOrBlob: [400, 400022],
  IotHubUnauthorizedAccess: [401, 401002],
  IotHubUnauthorized: [401, 401003],
  OperationNotAvailableInCurrentTier: [403, 403010],
  IotHubQuotaExceeded: [403, 403002],
  JobQuotaExceeded: [403, 403003],
  DeviceMaximumQueueDepthExceeded: [403, 403004],
  DeviceMaximumActiveFileUploadLimitExceeded: [403, 403006],
  DeviceDisabled: [403, 403012],
  IotHubNotFound: [404, 401001],
  GenericNotFound: [404, 404000],
  DeviceNotFound: [404, 404001],
  JobNotFound: [404, 404002],
  ModuleNotFound: [404, 404010],
  DeviceNotOnline: [404, 404103],
  ConfigurationNotFound: [404, 404301],
  GenericMethodNotAllowed: [405, 405000],
  OperationNotAllowedInCurrentState: [405, 405102],
  DeviceAlreadyExists: [409, 409001],
  JobAlreadyExists: [409, 409104],
  ModuleAlreadyExistsOnDevice: [409, 409301],
  ConfigurationAlreadyExists: [409, 409401],
  PreconditionFailed: [412, 412001],
  DeviceMessageLockLost: [412, 412002],
  MessageTooLarge: [413, 413001],
  TooManyDevices: [413, 413002],
  TooManyModulesOnDevice: [413, 413003],
  ConfigurationCountLimitExceeded: [413, 413101],
  GenericUnsupportedMediaType: [415, 415000],
  ThrottlingException: [429, 429001],
  ThrottleBacklogLimitExceeded: [429, 429002],
  ThrottlingMaxActiveJobCountExceeded: [429, 429004],
  ServerError: [500, 500001],
  NotImplemented: [501, 501000],
  ServiceUnavailable: [503, 503001],
  GatewayTimeout: [504, 504101],
} as const satisfies Record<string, readonly [status: number, code: number]>;

export type HubErrorName = keyof typeof HUB_ERRORS;

/** A refusal that the caller is told of, in the service's own words where they are known. */
export class HubError extends Error {
  readonly status: number;
  readonly code: number;

  /** @param info further members of a twin or method error, for instance `{ timeout: '00:00:30' }` */
  constructor(
    readonly errorName: HubErrorName,
    message: string,
    readonly info: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    [this.status, this.code] = HUB_ERRORS[errorName];
  }
}

/** How the body of an error is laid out: registry, jobs and queries one way, twins and methods the other. */
export type ErrorStyle = 'registry' | 'twin';

/** The error's JSON body: `Message` is `ErrorCode:<name>;<text>`, or for twins and methods a JSON text of its own. */
export function errorBody(
  error: HubError,
  style: ErrorStyle,
  now: number,
): { Message: string; ExceptionMessage: string } {
  if (style === 'twin') return { Message: JSON.stringify(errorDetail(error, now)), ExceptionMessage: '' };
  return {
    Message: `ErrorCode:${error.errorName};${error.message}`,
    ExceptionMessage: `Tracking ID:${trackingId(now)}`,
  };
}

/** What a twin or method error holds over HTTP, and a refused twin update over MQTT. */
export const errorDetail = (error: HubError, now: number): Record<string, unknown> => ({
  errorCode: error.code,
  trackingId: trackingId(now),
  message: error.message,
  info: error.info,
  timestampUtc: new Date(now).toISOString(),
});

function trackingId(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split(/[T.]/);
  const [year, month, day] = date.split('-');
  return `${randomUUID().replaceAll('-', '').toUpperCase()}-G:0-TimeStamp:${month}/${day}/${year} ${time}`;
}
