import type { HubName } from './ids';
import {
  type HubSku,
  jobDevicesPerSecond,
  jobLooks,
  jobOperationsPerMinute,
  jobSlots,
  METHOD_METER,
  methodsPerSecond,
  queriesPerMinute,
  twinReadsPerSecond,
  twinUpdatesPerSecond,
} from './limits';
import type { HubUse } from './plan';
import type { MethodAction, RolloutSpec } from './spec';

type Call = HubUse['calls'][number];

/** Devices or rows that one page of a query gives. Source: IoT Hub query language, "Query result pagination". */
const PAGE = 100;

/** Method calls that one call counts for: its payload goes by 4 KB. */
const metersOf = ({ payload }: MethodAction): number =>
  Math.max(1, Math.ceil(JSON.stringify(payload).length / METHOD_METER));

/** Devices that a hub touches in a second at the most: its own pace, or the spec's where that is slower. */
export function devicesPerSecond({ action, batch, executor }: RolloutSpec, sku: HubSku): number {
  const own =
    executor === 'job'
      ? jobDevicesPerSecond(sku)
      : action.kind === 'method'
        ? methodsPerSecond(sku) / metersOf(action)
        : twinUpdatesPerSecond(sku);
  return Math.min(own, (batch.devicesPerMinute ?? Infinity) / 60);
}

/** What a rollout does on a hub, in first attempts. */
export interface HubWork {
  readonly hub: HubName;
  readonly sku: HubSku;
  readonly deviceCount: number;
  readonly batchCount: number;
  /** Devices of the target, those that are skipped counted. */
  readonly targetCount: number;
}

const pages = (rows: number): number => Math.ceil(rows / PAGE);

/** Each batch is looked for, submitted, and looked at while it runs, at the hub's own pace. */
function jobCalls({ sku, deviceCount, batchCount }: HubWork): Call[] {
  const runsMs = (1_000 * deviceCount) / Math.max(1, batchCount) / jobDevicesPerSecond(sku);
  return [
    { what: 'job operations', count: batchCount * (2 + jobLooks(sku, runsMs)), perMinute: jobOperationsPerMinute(sku) },
    { what: 'job device operations', count: deviceCount, perMinute: 60 * jobDevicesPerSecond(sku) },
  ];
}

function directCalls({ action }: RolloutSpec, { sku, deviceCount }: HubWork): Call[] {
  return action.kind === 'method'
    ? [{ what: 'direct methods', count: deviceCount * metersOf(action), perMinute: 60 * methodsPerSecond(sku) }]
    : [
        { what: 'twin reads', count: deviceCount, perMinute: 60 * twinReadsPerSecond(sku) },
        { what: 'twin updates', count: deviceCount, perMinute: 60 * twinUpdatesPerSecond(sku) },
      ];
}

/**
 * Counts the calls that a rollout makes to a hub, planning included. Without retries, catch-up and rollback: a lower
 * bound.
 */
export function hubUse(spec: RolloutSpec, work: HubWork): HubUse {
  const { hub, sku, deviceCount, batchCount, targetCount } = work;
  const asked = pages(targetCount) * (1 + (spec.target.done === undefined ? 0 : 1));
  // Rows of a job come by query, a page at least a batch; so do the twins that confirm.
  const rows = spec.executor === 'job' ? Math.max(batchCount, pages(deviceCount)) : 0;
  const confirms = spec.action.kind === 'twin' && spec.action.confirmWithinMs !== undefined;
  const confirming = confirms ? Math.max(batchCount, pages(deviceCount)) : 0;
  return {
    hub,
    sku,
    jobSlots: jobSlots(sku),
    calls: [
      { what: 'queries', count: asked + rows + confirming, perMinute: queriesPerMinute(sku) },
      ...(spec.executor === 'job' ? jobCalls(work) : directCalls(spec, work)),
    ],
  };
}
