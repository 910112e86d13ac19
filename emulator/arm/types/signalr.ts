import { z } from 'zod';

import { SIGNALR_SUFFIX } from '../../names';
import type { AccessKeys, ServiceMode, SignalRSettings } from '../../signalr/settings';
import type { ArmContext } from '../context';
import { location, parseBody, requireSameLocation, tags } from '../envelope';
import { ArmError, badRequest, notImplemented } from '../errors';
import { identity, identityOf } from '../managed-identity';
import { nameOf } from '../path';
import { type ArmAnswer, type ArmRequest, ok, type ResourceType } from '../resource-type';
import { newEtag, type Resource } from '../store';
import { keptType } from './kept';

const NAMESPACE = 'Microsoft.SignalRService';
const TYPE = `${NAMESPACE}/signalR`;

/** Most units of a size, and connections at a time of each (Azure SignalR Service pricing; signalr-howto-scale-signalr.md). */
const SKUS = {
  Free_F1: { tier: 'Free', size: 'F1', units: 1, connections: 20 },
  Standard_S1: { tier: 'Standard', size: 'S1', units: 100, connections: 1000 },
  Premium_P1: { tier: 'Premium', size: 'P1', units: 100, connections: 1000 },
  Premium_P2: { tier: 'Premium', size: 'P2', units: 1000, connections: 1000 },
} as const;
type SkuName = keyof typeof SKUS;

const MODES = ['Default', 'Serverless', 'Classic'] as const satisfies readonly ServiceMode[];

const feature = z.looseObject({ flag: z.string().min(1), value: z.string().max(128) });

const properties = z.looseObject({
  features: z.array(feature).nullish(),
  cors: z.looseObject({ allowedOrigins: z.array(z.string().min(1)).nullish() }).nullish(),
  disableLocalAuth: z.boolean().nullish(),
  disableAadAuth: z.boolean().nullish(),
  serverless: z.looseObject({ connectionTimeoutInSeconds: z.int().min(1).max(300).nullish() }).nullish(),
  upstream: z.looseObject({ templates: z.array(z.unknown()).nullish() }).nullish(),
});

const sku = z.looseObject({
  name: z.enum(Object.keys(SKUS) as [SkuName, ...SkuName[]]),
  capacity: z.int().min(1).nullish(),
});

/** The body of a PUT (azure-rest-api-specs, SignalRResource); what is not named here is kept as it is declared. */
const description = z.looseObject({
  location,
  tags: tags.nullish(),
  kind: z.enum(['SignalR', 'RawWebSockets']).nullish(),
  sku: sku.nullish(),
  identity: identity.nullish(),
  properties: properties.nullish(),
});
type Declared = z.infer<typeof properties>;
type Sku = z.infer<typeof sku>;

/** The body of a PATCH: what is given replaces what there is. */
const update = z.looseObject({
  tags: tags.nullish(),
  sku: sku.nullish(),
  identity: identity.nullish(),
  properties: properties.nullish(),
});

const DEFAULTS = {
  publicNetworkAccess: 'Enabled',
  disableLocalAuth: false,
  disableAadAuth: false,
  cors: { allowedOrigins: ['*'] },
} as const;

const hostOf = (name: string): string => `${name.toLowerCase()}.${SIGNALR_SUFFIX}`;

/** What the service says of itself, whatever is declared. */
const factsOf = (name: string): Readonly<Record<string, unknown>> => ({
  hostName: hostOf(name),
  hostNamePrefix: name.toLowerCase(),
  publicPort: 443,
  serverPort: 443,
  version: '1.0',
  provisioningState: 'Succeeded',
});

function skuOf(given: Sku | null | undefined): Sku & { readonly capacity: number } {
  const name = given?.name ?? 'Standard_S1';
  const { units, tier, size } = SKUS[name];
  const capacity = given?.capacity ?? (name === 'Premium_P2' ? 100 : 1);
  if (capacity > units) throw badRequest(`sku.capacity: ${capacity}, and ${name} has at most ${units}`);
  return { name, tier, size, capacity };
}

/** "FeatureFlags that are not included in the parameters for the update operation will not be modified." */
function featuresOf(declared: Declared['features'], existing: unknown): z.infer<typeof feature>[] {
  const before = z.array(feature).catch([]).parse(existing);
  const given = declared ?? [];
  const isGiven = ({ flag }: { readonly flag: string }): boolean => given.some((each) => each.flag === flag);
  return [...before.filter((each) => !isGiven(each)), ...given];
}

/** @throws ArmError 400 */
function modeOf(features: readonly z.infer<typeof feature>[]): ServiceMode {
  const value = features.find(({ flag }) => flag === 'ServiceMode')?.value ?? 'Default';
  const mode = MODES.find((each) => each === value);
  if (mode !== undefined) return mode;
  throw badRequest(`properties.features: ServiceMode '${value}' is none of ${MODES.join(', ')}`);
}

/** What the data plane is told. @throws ArmError */
function settingsOf({ id, properties: own, sku: size }: Resource): SignalRSettings {
  const { features, cors, disableLocalAuth, disableAadAuth, serverless } = properties.parse(own);
  const { name, capacity } = skuOf(sku.parse(size));
  return {
    resourceId: id,
    mode: modeOf(features ?? []),
    allowedOrigins: cors?.allowedOrigins ?? ['*'],
    hasLocalAuth: disableLocalAuth !== true,
    hasEntraAuth: disableAadAuth !== true,
    connectionLimit: SKUS[name].connections * capacity,
    clientTimeoutMs: (serverless?.connectionTimeoutInSeconds ?? 30) * 1000,
  };
}

/** @throws 501 by name */
function requireBuilt(declared: Declared | null | undefined, kind: string | null | undefined): void {
  if (kind === 'RawWebSockets') throw notImplemented("the kind 'RawWebSockets'");
  if ((declared?.upstream?.templates ?? []).length === 0) return;
  throw notImplemented('properties.upstream.templates: nothing is sent on that clients say');
}

const NAME = /^[a-z][a-z0-9-]{1,61}[a-z0-9]$/i;

/** @throws ArmError for a name that is none, or another's: they are host names */
function requireFreeName({ store, subscriptionId }: ArmContext, name: string): void {
  if (!NAME.test(name)) {
    const rule = '3 to 63 letters, digits and hyphens, a letter first, no hyphen last';
    throw badRequest(`'${name}' is no name of a ${TYPE}: ${rule}`, 'InvalidResourceName');
  }
  const others = store.below(`/subscriptions/${subscriptionId}`, TYPE);
  if (!others.some((other) => other.name.toLowerCase() === name.toLowerCase())) return;
  throw new ArmError(409, 'NameAlreadyExists', `The name '${name}' is already in use.`);
}

/** Tells the data plane, then keeps the resource. @throws ArmError before anything has changed */
function keep({ signalr, store }: ArmContext, resource: Resource): Resource {
  signalr.put(resource.name, settingsOf(resource));
  return store.put(resource);
}

function put(context: ArmContext, request: ArmRequest): ArmAnswer {
  const existing = context.store.get(request.id);
  const name = existing?.name ?? nameOf(request.path);
  if (existing === undefined) requireFreeName(context, name);
  const { properties: own, tags: given, identity: wanted, ...envelope } = parseBody(description, request.body);
  requireBuilt(own, envelope.kind);
  requireSameLocation(existing, envelope.location);
  const shown = identityOf(context.store, wanted, existing);
  const resource = keep(context, {
    ...envelope,
    id: existing?.id ?? request.id,
    name,
    type: TYPE,
    kind: envelope.kind ?? 'SignalR',
    sku: skuOf(envelope.sku),
    tags: given ?? {},
    ...(shown && { identity: shown }),
    etag: newEtag(),
    properties: {
      ...DEFAULTS,
      ...withoutNulls(own),
      features: featuresOf(own?.features, existing?.properties['features']),
      ...factsOf(name),
    },
  });
  return { status: existing === undefined ? 201 : 200, body: resource };
}

function patch(context: ArmContext, request: ArmRequest): ArmAnswer | undefined {
  const existing = context.store.get(request.id);
  if (existing === undefined) return undefined;
  const { properties: own, tags: given, identity: wanted, sku: size } = parseBody(update, request.body);
  requireBuilt(own, undefined);
  const shown = wanted === undefined ? existing['identity'] : identityOf(context.store, wanted, existing);
  const resource = keep(context, {
    ...existing,
    tags: given ?? existing.tags ?? {},
    ...(size && { sku: skuOf(size) }),
    ...(shown !== undefined && { identity: shown }),
    etag: newEtag(),
    properties: {
      ...existing.properties,
      ...withoutNulls(own),
      features: featuresOf(own?.features, existing.properties['features']),
      ...factsOf(existing.name),
    },
  });
  return ok(resource);
}

const withoutNulls = (own: Declared | null | undefined): Record<string, unknown> =>
  Object.fromEntries(Object.entries(own ?? {}).filter(([, value]) => value !== null));

const connectionString = (name: string, key: string): string =>
  `Endpoint=https://${hostOf(name)};AccessKey=${key};Version=1.0;`;

/** None where access keys are switched off: then there are none. */
const keyList = (name: string, keys: AccessKeys | undefined): ArmAnswer =>
  ok(
    keys === undefined
      ? {}
      : {
          ...keys,
          primaryConnectionString: connectionString(name, keys.primaryKey),
          secondaryConnectionString: connectionString(name, keys.secondaryKey),
        },
  );

const KEY_TYPES = { primary: 'primaryKey', secondary: 'secondaryKey' } as const;

function regenerateKey({ signalr, store }: ArmContext, { id, body }: ArmRequest): ArmAnswer | undefined {
  const resource = store.get(id);
  if (resource === undefined) return undefined;
  const wanted = z.looseObject({
    keyType: z
      .string()
      .toLowerCase()
      .pipe(z.enum(['primary', 'secondary'])),
  });
  signalr.regenerate(resource.name, KEY_TYPES[parseBody(wanted, body).keyType]);
  return keyList(resource.name, signalr.get(resource.name)?.keys);
}

/** SignalR services: what is declared here acts on the data plane with the next request. */
export function signalR(context: ArmContext): ResourceType {
  const { signalr, store } = context;
  const release = ({ name }: Resource): Promise<void> => {
    signalr.delete(name);
    return Promise.resolve();
  };
  return {
    ...keptType(context, TYPE),
    put: (request) => put(context, request),
    patch: (request) => patch(context, request),
    async delete({ id }) {
      const resource = store.get(id);
      if (resource === undefined) return { status: 204 };
      await release(resource);
      store.deleteTree(resource.id);
      return { status: 200 };
    },
    actions: {
      listkeys: ({ id }) => {
        const resource = store.get(id);
        return resource && keyList(resource.name, signalr.get(resource.name)?.keys);
      },
      regeneratekey: (request) => regenerateKey(context, request),
      restart: ({ id }) => {
        const resource = store.get(id);
        if (resource === undefined) return undefined;
        signalr.get(resource.name)?.restart();
        return { status: 204 };
      },
    },
    release,
  };
}
