import { z } from 'zod';
import { isObject, listOf, matching, record, whole } from '../../spec/fields';
import { location, logicalName, network } from './fields';

/**
 * What a SKU allows. Basic is left out: rollouts need jobs and twins.
 * Source: Azure IoT Hub, "Quotas and throttling" (units, retention, partitions) and "Choose the right tier".
 */
export const HUB_SKUS = {
  F1: { maxUnits: 1, maxRetentionDays: 1, partitions: { least: 2, most: 2, usual: 2 } },
  S1: { maxUnits: 200, maxRetentionDays: 7, partitions: { least: 2, most: 32, usual: 4 } },
  S2: { maxUnits: 200, maxRetentionDays: 7, partitions: { least: 2, most: 32, usual: 4 } },
  S3: { maxUnits: 10, maxRetentionDays: 7, partitions: { least: 2, most: 32, usual: 4 } },
} as const;

export type HubSkuName = keyof typeof HUB_SKUS;

/** Hubs of a subscription, and hubs linked to a provisioning service: at most 50 of either (quotas of IoT Hub and DPS). */
export const MAX_HUBS = 50;
/** Besides `$Default`. Source: Azure IoT Hub, "Quotas and throttling": 20 consumer groups on the built-in endpoint. */
const MAX_CONSUMER_GROUPS = 19;

const consumerGroup = matching(
  /^[A-Za-z0-9][A-Za-z0-9._-]{0,48}[A-Za-z0-9]$/,
  'a name of 2 to 50 letters, digits, dots, dashes and underscores, with a letter or digit at both ends',
);

/** A hub with one SKU: bounds depend on it, so each SKU has a schema of its own. */
function hubOf<Sku extends HubSkuName>(sku: Sku) {
  const { maxUnits, maxRetentionDays, partitions } = HUB_SKUS[sku];
  return record({
    sku: z.literal(sku),
    units: whole(1, maxUnits).default(1),
    location: location.optional(),
    // iot-dps/how-to-manage-linked-iot-hubs.md, "Allocation weight"
    weight: whole(1, 1_000).default(1),
    partitions: whole(partitions.least, partitions.most).default(partitions.usual),
    retentionDays: whole(1, maxRetentionDays).default(1),
    quarantine: z.boolean({ error: 'true or false' }).default(false),
    consumerGroups: listOf(consumerGroup, MAX_CONSUMER_GROUPS, 'names of consumer groups').default([]),
    network: network.optional(),
  });
}

const bySku = z.discriminatedUnion('sku', [hubOf('F1'), hubOf('S1'), hubOf('S2'), hubOf('S3')], {
  error: ({ input }) =>
    isObject(input) ? 'F1, S1, S2 or S3: rollouts need jobs and twins, which Basic hubs do not have' : 'an object',
});
const hub = z.preprocess((raw) => (isObject(raw) && raw['sku'] === undefined ? { ...raw, sku: 'S1' } : raw), bySku);

const HUBS = `an object of 1 to ${MAX_HUBS} hubs by name`;
const hasHubs = (hubs: object): boolean => Object.keys(hubs).length > 0 && Object.keys(hubs).length <= MAX_HUBS;

export const hubs = z
  .record(logicalName, hub, {
    error: ({ code }) => (code === 'invalid_key' ? 'a name of up to 30 small letters, digits and hyphens' : HUBS),
  })
  .refine(hasHubs, { error: HUBS })
  .prefault({ main: {} });

/** One hub, complete but for `location`, which is the stack's when it is missing. */
export type HubConfig = z.output<typeof hub>;
