/** What an IoT hub's SKU allows. */
export interface HubSku {
  readonly name: 'F1' | 'B1' | 'B2' | 'B3' | 'S1' | 'S2' | 'S3';
  readonly units: number;
}

/** SKUs whose hubs a rollout can change: Basic ones lack all that it uses. Source: IoT Hub, "Choose the right tier". */
export const FULL_SKUS = ['F1', 'S1', 'S2', 'S3'] as const satisfies readonly HubSku['name'][];

/** Whether a hub has queries, twins, methods and jobs. */
export const isFull = ({ name }: HubSku): boolean => (FULL_SKUS as readonly string[]).includes(name);

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

/**
 * Jobs that a hub runs at once; one more is refused with 429004.
 *
 * Source: IoT Hub quotas and throttling, "Other limits": concurrently active jobs: F1 and S1 1, S2 5, S3 10.
 */
export const jobSlots = ({ name }: HubSku): number => (name === 'S3' ? 10 : name === 'S2' ? 5 : 1);

const bySku = ({ name }: HubSku, small: number, s2: number, s3: number): number =>
  name === 'S3' ? s3 : name === 'S2' ? s2 : small;

/** Bytes of a method's payload that one unit of the method quota carries. */
export const METHOD_METER = 4_096;

/**
 * Direct methods of up to METHOD_METER bytes, in a second.
 *
 * Source: IoT Hub quotas and throttling, "Direct methods": S1 160 KB/s a unit, S2 480 KB/s, S3 24 MB/s, by 4 KB.
 */
export const methodsPerSecond = (sku: HubSku): number => bySku(sku, 40, 120, 6_000) * sku.units;

/** Twin updates in a second. Source: IoT Hub quotas and throttling, "Twin updates". */
export const twinUpdatesPerSecond = (sku: HubSku): number =>
  bySku(sku, 50, Math.max(50, 5 * sku.units), 250 * sku.units);

/** Reads of whole twins in a second. Source: IoT Hub quotas and throttling, "Get twin". */
export const twinReadsPerSecond = (sku: HubSku): number =>
  bySku(sku, 100, Math.max(100, 10 * sku.units), 500 * sku.units);

/** Calls of the identity registry in a minute. Source: IoT Hub quotas and throttling, "Identity registry operations". */
export const registryOperationsPerMinute = (sku: HubSku): number => bySku(sku, 100, 100, 5_000) * sku.units;

/** Devices that a hub takes. Source: IoT Hub quotas and throttling, "Other limits"; for F1 its pricing page. */
export const mostDevices = ({ name }: HubSku): number => (name === 'F1' ? 500 : 1_000_000);

const MOST_IN_FLIGHT = 256;

/**
 * Direct calls of one batch that are in flight at once: what a hub lets begin in two seconds, so that devices that think
 * that long still use it fully.
 */
export const callsInFlight = (sku: HubSku, quota: 'methods' | 'twinUpdates'): number =>
  Math.min(MOST_IN_FLIGHT, 2 * (quota === 'methods' ? methodsPerSecond(sku) : twinUpdatesPerSecond(sku)));

/** Queries, each page one, in a minute. Source: IoT Hub quotas and throttling, "Queries". */
export const queriesPerMinute = (sku: HubSku): number => bySku(sku, 20, 20, 1_000) * sku.units;

/** Creations of and looks at jobs, in a minute. Source: IoT Hub quotas and throttling, "Jobs operations". */
export const jobOperationsPerMinute = (sku: HubSku): number => bySku(sku, 100, 100, 5_000) * sku.units;

/** Quickest and slowest looks at a job that runs. */
const LOOK_MS = { least: 250, most: 5_000 } as const;
/** Of a hub's job operations so many are taken for looks; the rest is for submitting, and for whoever else uses the hub. */
const FOR_LOOKS = 0.5;

/**
 * When to look at a hub job again: after a twentieth of the time that it has taken so far, so that its end is known at most
 * 5 % late; but slower where all jobs that the hub runs at once would else ask more often than its quota has room for.
 *
 * @example jobLookMs({ name: 'S3', units: 1 }, 20_000) // => 1_000
 */
export function jobLookMs(sku: HubSku, elapsedMs: number): number {
  const spared = (jobSlots(sku) * 60_000) / (FOR_LOOKS * jobOperationsPerMinute(sku));
  return Math.min(LOOK_MS.most, Math.max(LOOK_MS.least, spared, elapsedMs / 20));
}

/** How often a job is looked at that takes so long. */
export function jobLooks(sku: HubSku, durationMs: number): number {
  let looks = 1;
  for (let at = jobLookMs(sku, 0); at < durationMs; at += jobLookMs(sku, at)) looks += 1;
  return looks;
}
