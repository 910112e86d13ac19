import { z } from 'zod';

import { newKey } from '../../auth/keys';
import type { Namespace } from '../../event-hubs/namespaces';
import { type AccessRule, LIMITS, type NamespaceSettings, TIERS } from '../../event-hubs/settings';
import { eventsHostName } from '../../names';
import { stampOf } from '../../world/time';
import type { ArmContext } from '../context';
import { location, parseBody, requireSameLocation, tags } from '../envelope';
import { ArmError, badRequest } from '../errors';
import { identity, identityOf } from '../managed-identity';
import { nameOf, rootIdOf } from '../path';
import { type ArmAnswer, type ArmRequest, ok, type ResourceType } from '../resource-type';
import { newEtag, type Resource } from '../store';
import { keptType } from './kept';

export const EVENT_HUB_PROVIDER = 'Microsoft.EventHub';
export const NAMESPACES = `${EVENT_HUB_PROVIDER}/namespaces`;

/** The body of a PUT (Event Hubs resource provider, EHNamespace); the rest is recorded as declared. */
const description = z.looseObject({
  location,
  tags: tags.nullish(),
  identity: identity.nullish(),
  sku: z
    .looseObject({ name: z.enum(TIERS), tier: z.enum(TIERS).nullish(), capacity: z.int().min(0).nullish() })
    .nullish(),
  properties: z.looseObject({ disableLocalAuth: z.boolean().nullish() }).nullish(),
});
type Description = z.infer<typeof description>;

/** What Azure answers for what is not declared. */
const DEFAULTS = {
  disableLocalAuth: false,
  isAutoInflateEnabled: false,
  kafkaEnabled: true,
  maximumThroughputUnits: 0,
  minimumTlsVersion: '1.2',
  publicNetworkAccess: 'Enabled',
  zoneRedundant: true,
};

const NAME = /^[a-z][a-z0-9-]{4,48}[a-z0-9]$/i;
const NAME_RULE = '6 to 50 letters, digits and hyphens, a letter first, no hyphen last';

/** The policy that every new namespace has. */
const root = (): AccessRule => ({
  keyName: 'RootManageSharedAccessKey',
  rights: ['Listen', 'Manage', 'Send'],
  primaryKey: newKey(),
  secondaryKey: newKey(),
});

/** Why a name cannot be had: its form, or somebody who has the host name already; the endpoint of a hub is named likewise. */
function problemOf({ hubs, namespaces }: ArmContext, name: string): 'InvalidName' | 'NameInUse' | undefined {
  if (!NAME.test(name)) return 'InvalidName';
  return namespaces.get(name) === undefined && hubs.get(name) === undefined ? undefined : 'NameInUse';
}

function requireFreeName(context: ArmContext, name: string): void {
  const problem = problemOf(context, name);
  if (problem === 'InvalidName')
    throw badRequest(`'${name}' is no name of a ${NAMESPACES}: ${NAME_RULE}`, 'InvalidResourceName');
  if (problem === 'NameInUse')
    throw new ArmError(409, 'NamespaceUnavailable', `The namespace name '${name}' is not available.`);
}

/** The namespace that the path's resource id stands for. */
export function namespaceOf({ namespaces, store }: ArmContext, { path }: ArmRequest): Namespace | undefined {
  const resource = store.get(rootIdOf(path));
  return resource && namespaces.get(resource.name);
}

function settingsOf(context: ArmContext, id: string, name: string, declared: Description): NamespaceSettings {
  const before = context.namespaces.get(name)?.settings;
  const tier = declared.sku?.name ?? before?.sku.name ?? 'Standard';
  const units = declared.sku?.capacity ?? before?.sku.units ?? 1;
  const most = LIMITS[tier].units;
  if (units > most) throw badRequest(`sku.capacity: ${tier} has at most ${most} units, not ${units}`);
  return {
    resourceId: id,
    sku: { name: tier, units: Math.max(1, units) },
    disableLocalAuth: declared.properties?.disableLocalAuth ?? false,
    rules: before?.rules ?? [root()],
  };
}

function put(context: ArmContext, request: ArmRequest): ArmAnswer {
  const existing = context.store.get(request.id);
  const name = existing?.name ?? nameOf(request.path);
  if (existing === undefined) requireFreeName(context, name);
  const declared = parseBody(description, request.body);
  requireSameLocation(existing, declared.location);
  const id = existing?.id ?? request.id;
  const settings = settingsOf(context, id, name, declared);
  const shown = identityOf(context.store, declared.identity, existing);
  context.namespaces.put(name, settings);
  const resource = context.store.put({
    ...declared,
    identity: shown, // with its principals
    id,
    name,
    type: NAMESPACES,
    tags: declared.tags ?? {},
    etag: newEtag(),
    sku: { name: settings.sku.name, tier: settings.sku.name, capacity: settings.sku.units },
    properties: { ...DEFAULTS, ...given(declared), ...factsOf(context, name, existing) },
  });
  return { status: existing === undefined ? 201 : 200, body: resource };
}

const given = ({ properties }: Description): Record<string, unknown> =>
  Object.fromEntries(Object.entries(properties ?? {}).filter(([, value]) => value !== null));

function factsOf({ provisioning }: ArmContext, name: string, existing: Resource | undefined) {
  const now = stampOf(provisioning.world.clock.now());
  return {
    createdAt: existing?.properties['createdAt'] ?? now,
    updatedAt: now,
    serviceBusEndpoint: `https://${eventsHostName(name.toLowerCase())}:443/`,
    status: 'Active',
    provisioningState: 'Succeeded',
  };
}

/** What is given replaces what there is. */
function patch(context: ArmContext, request: ArmRequest): ArmAnswer | undefined {
  const existing = context.store.get(request.id);
  if (existing === undefined) return undefined;
  const { properties, ...envelope } = request.body;
  const merged = { ...existing.properties, ...z.looseObject({}).nullish().parse(properties) };
  return put(context, { ...request, body: { ...existing, ...envelope, properties: merged } });
}

/** Event Hubs namespaces: `<name>.servicebus.azure.test`. */
export const eventHubNamespaces = (context: ArmContext): ResourceType => ({
  ...keptType(context, NAMESPACES),
  put: (request) => put(context, request),
  patch: (request) => patch(context, request),
  delete: ({ id }) => {
    const existing = context.store.get(id);
    if (existing === undefined) return { status: 204 };
    context.namespaces.delete(existing.name);
    context.store.deleteTree(existing.id);
    return { status: 200 };
  },
  release: ({ name }) => {
    context.namespaces.delete(name);
    return Promise.resolve();
  },
});

/** `POST …/providers/Microsoft.EventHub/checkNameAvailability`. */
export const eventHubProvider = (context: ArmContext): ResourceType => ({
  type: EVENT_HUB_PROVIDER,
  actions: {
    checknameavailability: ({ body }) => {
      const { name } = parseBody(z.object({ name: z.string() }), body);
      const reason = problemOf(context, name);
      return ok({ nameAvailable: reason === undefined, reason: reason ?? 'None', message: reason ? NAME_RULE : '' });
    },
  },
});
