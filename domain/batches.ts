import type { DeviceId } from './ids';
import { MAX_CONDITION_LENGTH } from './limits';

// A quote inside an id is the only character of the id alphabet that a literal must escape.
const literal = (deviceId: DeviceId): string => `'${deviceId.replaceAll("'", "\\'")}'`;

/** Condition that holds for exactly these devices. Source: IoT Hub query language, operator IN. */
export const deviceCondition = (deviceIds: readonly DeviceId[]): string =>
  `deviceId IN [${deviceIds.map(literal).join(',')}]`;

const OVERHEAD = deviceCondition([]).length;

/**
 * Cuts devices into batches, in order: each has at most `size` devices and a condition that a hub job accepts.
 *
 * @param size at least 1
 * @returns    no empty batch
 * @example    batchesOf(['a', 'b', 'c'], 2) // => [['a', 'b'], ['c']]
 */
export function batchesOf(deviceIds: readonly DeviceId[], size: number): DeviceId[][] {
  const batches: DeviceId[][] = [];
  let batch: DeviceId[] = [];
  let length = OVERHEAD;
  for (const deviceId of deviceIds) {
    const added = literal(deviceId).length + 1;
    if (batch.length === size || (batch.length > 0 && length + added >= MAX_CONDITION_LENGTH)) {
      batches.push(batch);
      batch = [];
      length = OVERHEAD;
    }
    batch.push(deviceId);
    length += added;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}
