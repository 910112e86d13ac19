/** What an IoT hub's SKU allows. */
export interface HubSku {
  readonly name: 'F1' | 'B1' | 'B2' | 'B3' | 'S1' | 'S2' | 'S3';
  readonly units: number;
}

/** Characters of a job's query condition, below this. Source: IoT Hub quotas and throttling, "Other limits": query length. */
export const MAX_CONDITION_LENGTH = 8_192;

/**
 * Device operations that jobs do on a hub, in a second.
 *
 * Source: IoT Hub quotas and throttling, "Jobs device operations": S1 10/s, S2 the larger of 10/s and 1/s a unit, S3 50/s a unit.
 */
export function jobDevicesPerSecond({ name, units }: HubSku): number {
  if (name === 'S3') return 50 * units;
  return name === 'S2' ? Math.max(10, units) : 10;
}

/** Jobs need the free or a standard tier. Source: IoT Hub documentation, "Choose the right IoT Hub tier". */
export const runsJobs = ({ name }: HubSku): boolean => !name.startsWith('B');

/**
 * Jobs that a hub runs at once; one more is refused with 429004.
 *
 * Source: IoT Hub quotas and throttling, "Other limits": concurrently active jobs: F1 and S1 1, S2 5, S3 10.
 */
export const jobSlots = ({ name }: HubSku): number => (name === 'S3' ? 10 : name === 'S2' ? 5 : 1);
