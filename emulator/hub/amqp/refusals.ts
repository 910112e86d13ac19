import { AmqpRefusal } from '../../wire/amqp/refusal';
import { HubError, type HubErrorName } from '../errors';

/** Conditions that the SDKs tell errors apart by (azure-iot-amqp-base/dist/amqp_common_errors.js, amqp_service_errors.js). */
const CONDITIONS: Partial<Record<HubErrorName, string>> = {
  ArgumentInvalid: 'com.microsoft:argument-error',
  ArgumentNull: 'com.microsoft:argument-error',
  DeviceMaximumQueueDepthExceeded: 'amqp:resource-limit-exceeded',
  DeviceMessageLockLost: 'com.microsoft:message-lock-lost',
  DeviceNotFound: 'amqp:not-found',
  DeviceDisabled: 'amqp:not-found',
  IotHubUnauthorized: 'amqp:unauthorized-access',
  IotHubUnauthorizedAccess: 'amqp:unauthorized-access',
  MessageTooLarge: 'amqp:link:message-size-exceeded',
  NotImplemented: 'amqp:not-implemented',
  OperationNotAvailableInCurrentTier: 'amqp:not-allowed',
  PreconditionFailed: 'com.microsoft:precondition-failed',
  ThrottlingMaxActiveJobCountExceeded: 'com.microsoft:device-container-throttled',
};

/** The condition; by the status where none is named. */
const conditionOf = ({ errorName, status }: HubError): string => {
  if (status === 404) return CONDITIONS[errorName] ?? 'amqp:not-found';
  if (status === 429) return CONDITIONS[errorName] ?? 'com.microsoft:device-container-throttled';
  return CONDITIONS[errorName] ?? 'amqp:internal-error';
};

/** A hub's error as AMQP tells it. */
export const refusalOf = (error: HubError): AmqpRefusal => new AmqpRefusal(conditionOf(error), error.message);

/** What a Basic hub has not. */
export const notInTier = (): AmqpRefusal =>
  new AmqpRefusal('amqp:not-allowed', 'The operation is not available in the current tier.');

/** As the Event-Hub-compatible endpoint tells it; a busy one is tried again (event-hubs/event-hubs-amqp-troubleshoot.md). */
export const eventsRefusalOf = (error: HubError): AmqpRefusal =>
  [429, 503].includes(error.status) ? new AmqpRefusal('com.microsoft:server-busy', error.message) : refusalOf(error);

/** Does something of the hub's. @throws AmqpRefusal for what the hub refuses */
export function asked<T>(work: () => T, refusal = refusalOf): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof HubError) throw refusal(error);
    throw error;
  }
}
