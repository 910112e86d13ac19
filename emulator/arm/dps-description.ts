import { randomBytes } from 'node:crypto';
import { z } from 'zod';

import type { DpsSettings, LinkedHub } from '../dps/settings';
import { DPS_GLOBAL_HOST, dpsHostName } from '../names';
import { isMasked, masked, partsOf, unmasked } from './connection-strings';
import { location, policy, tags } from './envelope';
import { badDescription } from './errors';
import { identity } from './managed-identity';
import type { Resource } from './store';

const linkedHub = z.looseObject({
  connectionString: z.string(),
  location: z.string().min(1),
  applyAllocationPolicy: z.boolean().nullish(),
  allocationWeight: z.int().min(0).max(1000).nullish(),
});

/** The body of a PUT (arm-deviceprovisioningservices, ProvisioningServiceDescription). */
export const dpsDescription = z.looseObject({
  location,
  tags: tags.nullish(),
  identity: identity.nullish(),
  sku: z.object({ name: z.literal('S1'), capacity: z.int().min(1).nullish() }),
  properties: z
    .looseObject({
      authorizationPolicies: z.array(policy).nullish(),
      iotHubs: z.array(linkedHub).nullish(),
      allocationPolicy: z.enum(['Hashed', 'GeoLatency', 'Static']).nullish(),
    })
    .nullish(),
});

export type DpsDescription = z.infer<typeof dpsDescription>;

/** Provisioning service names (Azure, "Naming rules and restrictions"): a host label. */
export const isDpsName = (name: string): boolean => /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/i.test(name);

/** iot-dps-limits.md. */
const MAX_LINKED_HUBS = 50;
const TO_DATA_PLANE = { Hashed: 'hashed', GeoLatency: 'geoLatency', Static: 'static' } as const;
const FROM_DATA_PLANE = { hashed: 'Hashed', geoLatency: 'GeoLatency', static: 'Static' } as const;

export const newIdScope = (): string => `0ne${randomBytes(4).toString('hex').toUpperCase()}`;

/** What linking a hub needs of it. */
export interface Linkable {
  /** Whether the hub has this policy with this key; undefined when there is no such hub. */
  readonly opens: (hostName: string, policyName: string, key: string) => boolean | undefined;
}

/** @throws DevicesError when the hub is not there or does not know the key */
function requireOpen(parts: ReadonlyMap<string, string>, { opens }: Linkable): void {
  const [host = '', policyName = '', key = ''] = ['hostname', 'sharedaccesskeyname', 'sharedaccesskey'].map((one) =>
    parts.get(one),
  );
  const isOpen = opens(host, policyName, key);
  if (isOpen === undefined) throw badDescription(`iotHubs: there is no hub '${host}'`);
  if (!isOpen) throw badDescription(`iotHubs: the hub '${host}' has no policy '${policyName}' with this key`);
}

function linkedHubOf(
  declared: z.infer<typeof linkedHub>,
  present: readonly LinkedHub[],
  linkable: Linkable,
): LinkedHub {
  const known = present.map((one) => one.connectionString);
  const connectionString = unmasked(declared.connectionString, known);
  const parts = partsOf(connectionString);
  const hostName = parts.get('hostname');
  if (!hostName || !parts.get('sharedaccesskeyname') || !parts.get('sharedaccesskey') || isMasked(connectionString)) {
    const needs = 'HostName, SharedAccessKeyName and SharedAccessKey';
    throw badDescription(`iotHubs: '${masked(connectionString)}' is no connection string of a hub with ${needs}`);
  }
  if (!known.includes(connectionString)) requireOpen(parts, linkable);
  return {
    hostName,
    connectionString,
    location: declared.location,
    allocationWeight: declared.allocationWeight ?? 1,
    applyAllocationPolicy: declared.applyAllocationPolicy ?? true,
  };
}

/**
 * The hubs that a PUT links: the whole list. One whose key is masked keeps its present key.
 *
 * @throws DevicesError for more than 50, one twice, a connection string that lacks a part, and a hub or key that is not there
 */
export function linkedHubsOf(
  { properties }: DpsDescription,
  linkable: Linkable,
  present: readonly LinkedHub[] = [],
): LinkedHub[] {
  const hubs = (properties?.iotHubs ?? []).map((declared) => linkedHubOf(declared, present, linkable));
  if (hubs.length > MAX_LINKED_HUBS) throw badDescription(`iotHubs: at most ${MAX_LINKED_HUBS} hubs can be linked`);
  const names = hubs.map(({ hostName }) => hostName.toLowerCase());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) throw badDescription(`iotHubs: the hub '${twice}' is linked twice`);
  return hubs;
}

export const allocationPolicyOf = ({ properties }: DpsDescription): DpsSettings['allocationPolicy'] =>
  TO_DATA_PLANE[properties?.allocationPolicy ?? 'Hashed'];

/** What a provisioning service answers on GET: the declaration, what Azure adds, and no keys. */
export function dpsResource(
  { id, name, type, etag }: Pick<Resource, 'id' | 'name' | 'type' | 'etag'>,
  { location: region, tags: own, sku, properties, ...rest }: DpsDescription,
  settings: DpsSettings,
): Resource {
  const declared = { ...properties };
  delete declared.authorizationPolicies; // keys are answered by listkeys only
  return {
    ...rest,
    id,
    name,
    type,
    location: region,
    tags: own ?? {},
    ...(etag !== undefined && { etag }),
    sku: { name: sku.name, tier: 'Standard', capacity: sku.capacity ?? 1 },
    properties: {
      publicNetworkAccess: 'Enabled',
      ...declared,
      state: 'Active',
      provisioningState: 'Succeeded',
      allocationPolicy: FROM_DATA_PLANE[settings.allocationPolicy],
      iotHubs: settings.linkedHubs.map(({ hostName, connectionString, ...hub }) => ({
        name: hostName,
        connectionString: masked(connectionString),
        ...hub,
      })),
      serviceOperationsHostName: dpsHostName(name),
      deviceProvisioningHostName: DPS_GLOBAL_HOST,
      idScope: settings.idScope,
    },
  };
}
