import type { Clock } from '../../world/clock';
import type { Counters } from '../../world/counters';
import type { JsonObject } from '../../world/json';
import type { Device } from '../hub-device';
import type { Pacer } from './pacer';
import type { JobRecords } from './records';

/** What a job needs of its hub. */
export interface JobWorld {
  readonly clock: Clock;
  readonly pacer: Pacer;
  /** The devices that a condition matches now. @throws HubError for a condition that cannot be read */
  resolve(condition: string): Iterable<Device>;
  /** Whether the device is still registered under its id. */
  isPresent(device: Device): boolean;
  patchTwin(device: Device, patch: JsonObject, ifMatch: string | undefined): void;
  /** The device, when it is still registered and the same. */
  find(deviceId: string, generationId: string): Device | undefined;
  readonly records: JobRecords;
  readonly counters: Counters;
  /** Whether a test wants this device's row never to begin. */
  isStalled(deviceId: string): boolean;
  /** Positions of rows rise over all jobs of a hub. @returns the first of so many */
  takePositions(count: number): number;
}
