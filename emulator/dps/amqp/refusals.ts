import { AmqpRefusal } from '../../wire/amqp/refusal';
import { dpsErrorBody, type DpsError } from '../errors';

/** Conditions by status, as the SDKs tell errors apart (azure-iot-amqp-base, amqp_common_errors.js). */
const CONDITIONS: Readonly<Record<number, string>> = {
  400: 'com.microsoft:argument-error',
  401: 'amqp:unauthorized-access',
  403: 'amqp:resource-limit-exceeded',
  404: 'amqp:not-found',
  413: 'amqp:link:message-size-exceeded',
  429: 'com.microsoft:device-container-throttled',
  501: 'amqp:not-implemented',
};

/**
 * A refusal as AMQP tells it: described by the JSON that other protocols have as a body (Azure/azure-iot-sdk-csharp
 * issue 898). When to try again is in `info` (azure-iot-provisioning-device-amqp, amqp.js).
 *
 * @param now ms since the epoch
 */
export function refusalOf(error: DpsError, now: number): AmqpRefusal {
  const { status, retryAfterSeconds } = error;
  const info = retryAfterSeconds === undefined ? undefined : { 'retry-after': retryAfterSeconds };
  const condition = CONDITIONS[status] ?? 'amqp:internal-error';
  return new AmqpRefusal(condition, JSON.stringify(dpsErrorBody(error, now)), info);
}
