import { z } from 'zod';

import type { HubSettings, Sku } from '../hub/settings';
import { EVENTS_SUFFIX, hubHostName } from '../names';
import { masked } from './connection-strings';
import { location, policy, tags } from './envelope';
import { badDescription } from './errors';
import { cloudToDevice, messagingEndpoints, storageEndpoints } from './hub-messaging';
import { DEFAULT_ROUTING, routing } from './hub-routing';
import { identity } from './managed-identity';
import type { Resource } from './store';

const eventsEndpoint = z.looseObject({
  retentionTimeInDays: z.int().min(1).max(7).nullish(),
  partitionCount: z.int().min(2).max(32).nullish(),
});

/**
 * The body of a PUT (arm-iothub, IotHubDescription). Properties that the emulator has no behaviour for are recorded and
 * answered as declared.
 */
export const hubDescription = z.looseObject({
  location,
  tags: tags.nullish(),
  identity: identity.nullish(),
  sku: z.object({
    name: z.enum(['F1', 'S1', 'S2', 'S3', 'B1', 'B2', 'B3']),
    capacity: z
      .int()
      .min(1)
      .nullish()
      .transform((units) => units ?? 1),
  }),
  properties: z
    .looseObject({
      authorizationPolicies: z.array(policy).nullish(),
      cloudToDevice: cloudToDevice.nullish(),
      storageEndpoints: storageEndpoints.nullish(),
      messagingEndpoints: messagingEndpoints.nullish(),
      enableFileUploadNotifications: z.boolean().nullish(),
      routing: routing.nullish(),
      disableLocalAuth: z.boolean().nullish(),
      disableDeviceSAS: z.boolean().nullish(),
      disableModuleSAS: z.boolean().nullish(),
      eventHubEndpoints: z.looseObject({ events: eventsEndpoint.optional() }).nullish(),
      minTlsVersion: z.enum(['1.0', '1.2']).nullish(),
    })
    .nullish(),
});

export type HubDescription = z.infer<typeof hubDescription>;

const TIERS = { F: 'Free', S: 'Standard', B: 'Basic' } as const;
const tierOf = (name: Sku['name']): string => TIERS[name.charAt(0) as keyof typeof TIERS];

/** Units that one hub can have (iot-hub-devguide-quotas-throttling.md and the pricing page). */
const MAX_UNITS: Readonly<Record<Sku['name'], number>> = { F1: 1, S1: 200, S2: 200, S3: 10, B1: 200, B2: 200, B3: 10 };

/**
 * @param existing the present SKU of a hub that is updated
 * @throws DevicesError for more units than the tier sells, and for the changes of tier that Azure refuses: from or to
 *   Free, and from Standard to Basic (iot-hub-upgrade.md)
 */
export function skuOf({ sku: { name, capacity } }: HubDescription, existing: Sku | undefined): Sku {
  if (capacity > MAX_UNITS[name])
    throw badDescription(`sku.capacity: ${name} has at most ${MAX_UNITS[name]} units, not ${capacity}`);
  if (existing !== undefined) {
    const [from, to] = [tierOf(existing.name), tierOf(name)];
    if (from !== to && !(from === 'Basic' && to === 'Standard')) {
      throw badDescription(`sku.name: a hub cannot change from ${existing.name} (${from}) to ${name} (${to})`);
    }
  }
  return { name, units: capacity };
}

/** Hub names (Azure, "Naming rules and restrictions", Microsoft.Devices). */
export const isHubName = (name: string): boolean => /^[a-z0-9](?:[a-z0-9-]{1,48})[a-z0-9]$/i.test(name);

/** Of the free tier, and of the others (iot-hub-devguide-quotas-throttling.md, iot-hub-scaling.md). */
const [FREE_PARTITIONS, MAX_PARTITIONS] = [2, 32] as const;

const partitionIds = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

/**
 * The built-in endpoint after a PUT: what is left out stays as it is.
 *
 * @throws DevicesError when the number of partitions is to change: it is fixed once the hub is made
 */
export function eventsOf({ properties, sku }: HubDescription, present: HubSettings | undefined): HubSettings['events'] {
  const { partitionCount, retentionTimeInDays } = properties?.eventHubEndpoints?.events ?? {};
  const most = sku.name === 'F1' ? FREE_PARTITIONS : MAX_PARTITIONS;
  const before = present?.events ?? { partitionCount: Math.min(4, most), retentionDays: 1 };
  if (present !== undefined && (partitionCount ?? before.partitionCount) !== before.partitionCount)
    throw badDescription('eventHubEndpoints.events.partitionCount cannot be changed once the hub is made');
  if ((partitionCount ?? 0) > most)
    throw badDescription(
      `eventHubEndpoints.events.partitionCount: ${sku.name} has at most ${most}, not ${partitionCount ?? 0}`,
    );
  return {
    partitionCount: partitionCount ?? before.partitionCount,
    retentionDays: retentionTimeInDays ?? before.retentionDays,
  };
}

/** Where the built-in endpoint is, and what it holds. */
const eventsShown = (name: string, { partitionCount, retentionDays }: HubSettings['events']) => ({
  retentionTimeInDays: retentionDays,
  partitionCount,
  partitionIds: partitionIds(partitionCount),
  path: name.toLowerCase(),
  endpoint: `sb://${name.toLowerCase()}.${EVENTS_SUFFIX}/`,
});

/** Keys as four stars, wherever a connection string stands in a declaration; texts of durations as they were. */
function withoutKeys(value: unknown): unknown {
  if (typeof value === 'string') return masked(value);
  if (Array.isArray(value)) return value.map(withoutKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutKeys(inner)]));
}

/** What Azure answers for what is not declared (arm-iothub, IotHubProperties). */
const DEFAULTS = {
  minTlsVersion: '1.2',
  disableLocalAuth: false,
  publicNetworkAccess: 'Enabled',
  features: 'None',
  enableFileUploadNotifications: false,
  ipFilterRules: [],
  routing: DEFAULT_ROUTING,
  storageEndpoints: { $default: { sasTtlAsIso8601: 'PT1H', connectionString: '', containerName: '' } },
  messagingEndpoints: {
    fileNotifications: { lockDurationAsIso8601: 'PT1M', ttlAsIso8601: 'PT1H', maxDeliveryCount: 10 },
  },
  cloudToDevice: {
    maxDeliveryCount: 10,
    defaultTtlAsIso8601: 'PT1H',
    feedback: { lockDurationAsIso8601: 'PT1M', ttlAsIso8601: 'PT1H', maxDeliveryCount: 10 },
  },
};

/**
 * What a hub answers on GET: the declaration, what Azure adds, and no keys.
 *
 * @param declared the body of the PUT as it came: what was checked is in `description`
 * @param locations that stay when a hub has failed over
 */
export function hubResource(
  identity: Pick<Resource, 'id' | 'name' | 'type'> & { readonly etag: string; readonly created: string },
  { location: region, tags: declaredTags, sku }: HubDescription,
  declared: Readonly<Record<string, unknown>>,
  settings: HubSettings,
  locations: readonly unknown[] = locationsOf(region),
): Resource {
  const { id, name, type, etag, created } = identity;
  const given = z.looseObject({}).nullish().parse(declared['properties']);
  const properties: Record<string, unknown> = { ...DEFAULTS, ...present(withoutKeys(given ?? {})) };
  delete properties['authorizationPolicies']; // keys are answered by listkeys only
  return {
    ...declared,
    id,
    name,
    type,
    location: region,
    tags: declaredTags ?? {},
    etag,
    sku: { name: sku.name, tier: tierOf(sku.name), capacity: sku.capacity },
    systemData: { createdAt: created },
    properties: {
      ...properties,
      eventHubEndpoints: { events: eventsShown(name, settings.events) },
      state: 'Active',
      provisioningState: 'Succeeded',
      hostName: hubHostName(name),
      locations,
    },
  };
}

/** Without the members that are null, which say no more than those that are left out. */
const present = (value: unknown): object =>
  Object.fromEntries(Object.entries(value as object).filter(([, inner]) => inner !== null));

/** Pairs of regions of which each takes over for the other (Azure, "Azure paired regions"), those that have IoT Hub. */
const PAIRS: readonly (readonly [string, string])[] = [
  ['westeurope', 'northeurope'],
  ['eastus', 'westus'],
  ['eastus2', 'centralus'],
  ['northcentralus', 'southcentralus'],
  ['westus2', 'westcentralus'],
  ['uksouth', 'ukwest'],
  ['francecentral', 'francesouth'],
  ['germanywestcentral', 'germanynorth'],
  ['switzerlandnorth', 'switzerlandwest'],
  ['japaneast', 'japanwest'],
  ['australiaeast', 'australiasoutheast'],
  ['southeastasia', 'eastasia'],
  ['centralindia', 'southindia'],
  ['canadacentral', 'canadaeast'],
];

function locationsOf(region: string): { readonly location: string; readonly role: string }[] {
  const pair = PAIRS.find((both) => both.includes(region))?.find((one) => one !== region);
  const second = pair === undefined ? [] : [{ location: pair, role: 'secondary' }];
  return [{ location: region, role: 'primary' }, ...second];
}
