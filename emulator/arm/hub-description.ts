import { z } from 'zod';

import type { Sku } from '../hub/settings';
import { hubHostName } from '../names';
import { location, policy, tags } from './envelope';
import { badDescription } from './errors';
import type { Resource } from './store';

const eventsEndpoint = z.looseObject({
  retentionTimeInDays: z.int().min(1).max(7).default(1),
  partitionCount: z.int().min(2).max(32).default(4),
});

/**
 * The body of a PUT (arm-iothub, IotHubDescription). Properties that the emulator has no behaviour for are recorded and
 * answered as declared.
 */
export const hubDescription = z.looseObject({
  location,
  tags: tags.nullish(),
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

const partitionIds = (count: number): string[] => Array.from({ length: count }, (_, index) => String(index));

function eventsOf(name: string, description: HubDescription): Record<string, unknown> {
  const declared = eventsEndpoint.parse(description.properties?.eventHubEndpoints?.events ?? {});
  const server = { path: name.toLowerCase(), endpoint: `sb://${hubHostName(name)}/` };
  return { ...declared, partitionIds: partitionIds(declared.partitionCount), ...server };
}

/** What a hub answers on GET: the declaration, what Azure adds, and no keys. */
export function hubResource(
  identity: Pick<Resource, 'id' | 'name' | 'type'> & { readonly etag: string; readonly created: string },
  description: HubDescription,
): Resource {
  const { id, name, type, etag, created } = identity;
  const { location: region, tags: declaredTags, sku, properties, ...rest } = description;
  const declared = { ...properties };
  delete declared.authorizationPolicies; // keys are answered by listkeys only
  return {
    ...rest,
    id,
    name,
    type,
    location: region,
    tags: declaredTags ?? {},
    etag,
    sku: { name: sku.name, tier: tierOf(sku.name), capacity: sku.capacity },
    systemData: { createdAt: created },
    properties: {
      minTlsVersion: '1.2',
      disableLocalAuth: false,
      publicNetworkAccess: 'Enabled',
      features: 'None',
      ...declared,
      eventHubEndpoints: { events: eventsOf(name, description) },
      state: 'Active',
      provisioningState: 'Succeeded',
      hostName: hubHostName(name),
      locations: [{ location: region, role: 'primary' }],
    },
  };
}
