import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../world/clock';
import type { Device, MethodAnswer } from './hub-device';
import { HubError } from './errors';
import type { Json } from '../world/json';

const MOST_SECONDS = 300;
const LONGEST_PAYLOAD = 128 * 1024;
const DEFAULT_RESPONSE_SECONDS = 30;

/** A direct method's request body (iot-hub/iot-hub-devguide-direct-methods.md; bounds as the service states them). */
export const MethodRequest = z.object({
  methodName: z.string().min(1).max(100),
  payload: z.custom<Json>(() => true).optional(),
  responseTimeoutInSeconds: z.int().min(5).max(MOST_SECONDS).nullish(),
  connectTimeoutInSeconds: z.int().min(0).max(MOST_SECONDS).nullish(),
});
export type MethodRequest = z.infer<typeof MethodRequest>;

/**
 * Calls a method on a device, waiting up to the connect time-out for it to be online and subscribed, then up to the
 * response time-out for its answer. An answer counts whichever of the device's connections brings it.
 *
 * @throws HubError DeviceNotOnline, GatewayTimeout, ArgumentInvalid for a payload over 128 KB
 */
export async function invokeMethod(clock: Clock, device: Device, request: MethodRequest): Promise<MethodAnswer> {
  checkPayload(request.payload ?? null);
  const connectSeconds = request.connectTimeoutInSeconds ?? 0;
  if (!device.takesMethods) await online(clock, device, connectSeconds);
  if (!device.takesMethods) throw notOnline(connectSeconds);
  return callNow(clock, device, request);
}

/** Calls a method on a device that takes methods now. @throws HubError GatewayTimeout */
export function callNow(clock: Clock, device: Device, request: MethodRequest): Promise<MethodAnswer> {
  const seconds = request.responseTimeoutInSeconds ?? DEFAULT_RESPONSE_SECONDS;
  const requestId = randomUUID();
  return new Promise((resolve, reject) => {
    const stopWaiting = device.awaitAnswer(requestId, (answer) => {
      cancelTimeout();
      resolve(answer);
    });
    const cancelTimeout = clock.at(clock.now() + seconds * 1000, () => {
      stopWaiting();
      const text = 'Timed out waiting for the response from device.';
      reject(new HubError('GatewayTimeout', text, { timeout: durationOf(seconds) }));
    });
    device.link?.sendMethod(requestId, request.methodName, request.payload ?? null);
  });
}

/** Waits until the device subscribes to methods, or for `seconds`. */
async function online(clock: Clock, device: Device, seconds: number): Promise<void> {
  if (seconds === 0) return;
  await new Promise<void>((resolve) => {
    const stopWaiting = device.onNextChance(() => {
      cancelTimeout();
      resolve();
    });
    const cancelTimeout = clock.at(clock.now() + seconds * 1000, () => {
      stopWaiting();
      resolve();
    });
  });
}

/** @throws HubError ArgumentInvalid */
export function checkPayload(payload: Json): void {
  if (Buffer.byteLength(JSON.stringify(payload)) > LONGEST_PAYLOAD) {
    throw new HubError('ArgumentInvalid', `A method's payload may have at most ${LONGEST_PAYLOAD} bytes.`);
  }
}

const notOnline = (seconds: number): HubError =>
  new HubError(
    'DeviceNotOnline',
    "The operation failed because the requested device isn't online or hasn't registered the direct method callback.",
    {
      timeout: durationOf(seconds),
    },
  );

/** `00:00:30`, as .NET prints a TimeSpan. */
const durationOf = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(11, 19);
