import type { DeviceId } from './ids';
import { MAX_CONDITION_LENGTH } from './limits';

// A quote inside an id is the only character of the id alphabet that a literal must escape.
const literal = (deviceId: DeviceId): string => `'${deviceId.replaceAll("'", "\\'")}'`;

/** Condition that holds for exactly these devices. Source: IoT Hub query language, operator IN. */
export const deviceCondition = (deviceIds: readonly DeviceId[]): string =>
  `deviceId IN [${deviceIds.map(literal).join(',')}]`;

const OVERHEAD = deviceCondition([]).length;

/**
 * Says of each device, one after another, whether it begins a batch: the last one is full, or its condition would grow
 * longer than a hub job accepts.
 *
 * @param size at least 1
 */
export function createBatchCutter(size: number): (deviceId: DeviceId) => boolean {
  let count = 0;
  let length = OVERHEAD;
  return (deviceId) => {
    const added = literal(deviceId).length + 1;
    // The last device has no comma after it.
    const begins = count === 0 || count === size || length + added > MAX_CONDITION_LENGTH;
    if (begins) {
      count = 0;
      length = OVERHEAD;
    }
    count += 1;
    length += added;
    return begins;
  };
}

/**
 * Cuts devices into batches, in order: each has at most `size` devices and a condition that a hub job accepts.
 *
 * @param size at least 1
 * @returns    no empty batch
 * @example    batchesOf(['a', 'b', 'c'], 2) // => [['a', 'b'], ['c']]
 */
export function batchesOf(deviceIds: readonly DeviceId[], size: number): DeviceId[][] {
  const batches: DeviceId[][] = [];
  const begins = createBatchCutter(size);
  for (const deviceId of deviceIds) {
    if (begins(deviceId)) batches.push([deviceId]);
    else batches.at(-1)?.push(deviceId);
  }
  return batches;
}

/** Whether devices may run as one batch. */
export const fitsOneBatch = (deviceIds: readonly DeviceId[], size: number): boolean =>
  deviceIds.length <= size && deviceCondition(deviceIds).length < MAX_CONDITION_LENGTH;
