import { z } from 'zod';

import { HubError } from '../hub/errors';
import { checkCondition } from '../hub/routing/condition';
import type { EventHubEndpoint, Route, Routing, StorageEndpoint } from '../hub/settings';
import { isMasked, masked, partsOf, unmasked } from './connection-strings';
import { badDescription, notImplemented } from './errors';
import { endpointIdentity, requireAccount, userAssignedOf } from './hub-messaging';

/** Sources that a route may have (arm-iothub, RoutingSource). */
const SOURCES = [
  'DeviceMessages',
  'TwinChangeEvents',
  'DeviceLifecycleEvents',
  'DeviceJobLifecycleEvents',
  'DigitalTwinChangeEvents',
  'DeviceConnectionStateEvents',
  'MqttBrokerMessages',
] as const;

const endpointName = z.string().regex(/^[\w.-]{1,64}$/, 'is 1 to 64 letters, digits, dots, hyphens or underscores');
const others = z.array(z.unknown()).nullish();

const storageContainer = z.looseObject({
  name: endpointName,
  connectionString: z.string().nullish(),
  endpointUri: z.string().nullish(),
  containerName: z.string().min(1),
  authenticationType: z.enum(['keyBased', 'identityBased']).nullish(),
  identity: endpointIdentity.nullish(),
  fileNameFormat: z.string().nullish(),
  batchFrequencyInSeconds: z.int().min(60).max(720).nullish(),
  maxChunkSizeInBytes: z.int().min(10_485_760).max(524_288_000).nullish(),
  encoding: z.string().nullish(),
});

const eventHub = z.looseObject({
  name: endpointName,
  connectionString: z.string().nullish(),
  endpointUri: z.string().nullish(),
  entityPath: z.string().nullish(),
  authenticationType: z.enum(['keyBased', 'identityBased']).nullish(),
  identity: endpointIdentity.nullish(),
});

export const route = z.looseObject({
  name: z.string().regex(/^[\w.-]{1,64}$/),
  source: z.enum(SOURCES),
  condition: z.string().nullish(),
  endpointNames: z.array(z.string()).length(1, 'a route has exactly one endpoint'),
  isEnabled: z.boolean(),
});

/** arm-iothub, RoutingProperties. */
export const routing = z.looseObject({
  endpoints: z
    .looseObject({
      storageContainers: z.array(storageContainer).nullish(),
      serviceBusQueues: others,
      serviceBusTopics: others,
      eventHubs: z.array(eventHub).nullish(),
      cosmosDBSqlContainers: others,
    })
    .nullish(),
  routes: z.array(route).max(100).nullish(),
  fallbackRoute: z.looseObject({ isEnabled: z.boolean() }).nullish(),
  enrichments: z
    .array(z.looseObject({ key: z.string().min(1), value: z.string(), endpointNames: z.array(z.string()).min(1) }))
    .max(10)
    .nullish(),
});
type RoutingDescription = z.infer<typeof routing>;

/** iot-hub-devguide-endpoints.md: the built-in endpoint's name, and those that no other may have. */
const BUILT_IN = 'events';
const RESERVED = [BUILT_IN, 'fileNotifications', 'operationsMonitoringEvents', '$default'];
const MAX_ENDPOINTS = 10;
const FILE_NAME = '{iothub}/{partition}/{YYYY}/{MM}/{DD}/{HH}/{mm}';
const FILE_NAME_PARTS = ['{iothub}', '{partition}', '{YYYY}', '{MM}', '{DD}', '{HH}', '{mm}'];

/** What Azure gives a hub that declares no routing: everything goes to the built-in endpoint. */
export const DEFAULT_ROUTING = {
  endpoints: {
    serviceBusQueues: [],
    serviceBusTopics: [],
    eventHubs: [],
    storageContainers: [],
    cosmosDBSqlContainers: [],
  },
  routes: [],
  fallbackRoute: {
    name: '$fallback',
    source: 'DeviceMessages',
    condition: 'true',
    endpointNames: [BUILT_IN],
    isEnabled: true,
  },
};

/** @throws DevicesError naming the route and the place of the mistake in its condition */
function requireCondition({ name, condition }: Route): void {
  try {
    checkCondition(condition);
  } catch (error) {
    if (error instanceof HubError) throw badDescription(`routing.routes.${name}: ${error.message}`);
    throw error;
  }
}

/** @throws ArmError 501 for kinds of endpoints and encodings that nothing here would write to */
function requireBuilt({ endpoints }: RoutingDescription): void {
  for (const kind of ['serviceBusQueues', 'serviceBusTopics', 'cosmosDBSqlContainers'] as const) {
    if ((endpoints?.[kind]?.length ?? 0) > 0) throw notImplemented(`routing endpoints of the kind ${kind}`);
  }
  for (const { name, encoding } of endpoints?.storageContainers ?? []) {
    if (encoding?.toLowerCase() !== 'json')
      throw notImplemented(`the encoding ${encoding ?? 'Avro (the default)'} of the endpoint '${name}', only JSON`);
  }
}

function storageOf(declared: z.infer<typeof storageContainer>, present: readonly StorageEndpoint[]): StorageEndpoint {
  const isIdentityBased = declared.authenticationType === 'identityBased';
  const known = present.map((one) => one.connectionString);
  const connectionString = isIdentityBased
    ? `BlobEndpoint=${declared.endpointUri ?? ''}`
    : unmasked(declared.connectionString ?? '', known);
  requireAccount(`routing.endpoints.${declared.name}`, connectionString, isIdentityBased);
  const fileNameFormat = declared.fileNameFormat ?? FILE_NAME;
  const missing = FILE_NAME_PARTS.filter((part) => !fileNameFormat.includes(part));
  if (missing.length > 0)
    throw badDescription(`routing.endpoints.${declared.name}: the file name lacks ${missing.join(', ')}`);
  return {
    name: declared.name,
    connectionString,
    isIdentityBased,
    ...userAssignedOf(declared.identity),
    containerName: declared.containerName,
    fileNameFormat,
    batchFrequencyMs: (declared.batchFrequencyInSeconds ?? 300) * 1000,
    maxChunkBytes: declared.maxChunkSizeInBytes ?? 314_572_800,
    encoding: 'json',
  };
}

/** @throws DevicesError for an endpoint that says too little: by a key or as an identity, it has to name its event hub */
function eventHubOf(declared: z.infer<typeof eventHub>, present: readonly EventHubEndpoint[]): EventHubEndpoint {
  const { name, endpointUri, entityPath, authenticationType, identity } = declared;
  const at = `routing.endpoints.${name}`;
  if (authenticationType === 'identityBased') {
    const host = hostIn(endpointUri ?? '');
    if (host === undefined || !entityPath)
      throw badDescription(`${at}: needs endpointUri, as sb://<namespace>, and entityPath`);
    return { name, host, eventHub: entityPath, ...userAssignedOf(identity) };
  }
  const known = present.flatMap((one) => one.connectionString ?? []);
  const connectionString = unmasked(declared.connectionString ?? '', known);
  const parts = partsOf(connectionString);
  const host = hostIn(parts.get('endpoint') ?? '');
  const path = parts.get('entitypath') ?? entityPath;
  if (host === undefined || !path || !parts.has('sharedaccesskey') || isMasked(connectionString))
    throw badDescription(`${at}: '${masked(connectionString)}' names no event hub, or has no key for it`);
  return { name, host, eventHub: path, connectionString };
}

const hostIn = (uri: string): string | undefined => /^sb:\/\/([^/:]+)/i.exec(uri)?.[1]?.toLowerCase();

/** @throws DevicesError for a name that is taken or reserved, or one that no endpoint has */
function requireNames(endpoints: readonly { readonly name: string }[], used: readonly string[]): void {
  const names = endpoints.map(({ name }) => name.toLowerCase());
  const wrong = names.find(
    (name, at) => names.indexOf(name) !== at || RESERVED.some((one) => one.toLowerCase() === name),
  );
  if (wrong !== undefined) throw badDescription(`routing.endpoints: the name '${wrong}' is reserved or used twice`);
  const unknown = used.find((name) => name !== BUILT_IN && !names.includes(name.toLowerCase()));
  if (unknown !== undefined) throw badDescription(`routing: there is no endpoint '${unknown}'`);
}

export const routeOf = ({ name, source, condition, endpointNames, isEnabled }: z.infer<typeof route>): Route => ({
  name,
  source,
  condition: condition ?? 'true',
  endpointNames,
  isEnabled,
});

/**
 * How a hub routes after a PUT. Without a declaration all messages go to the built-in endpoint; with one, those that no
 * route takes do so only when its fallback route is enabled.
 *
 * @throws DevicesError for names, routes and conditions that Azure refuses; ArmError 501 for endpoints that are not built
 */
export function routingOf(declared: RoutingDescription | null | undefined, present: Routing | undefined): Routing {
  if (declared === null || declared === undefined)
    return { storage: [], eventHubs: [], routes: [], fallbackIsEnabled: true, enrichments: [] };
  requireBuilt(declared);
  const storage = (declared.endpoints?.storageContainers ?? []).map((one) => storageOf(one, present?.storage ?? []));
  const eventHubs = (declared.endpoints?.eventHubs ?? []).map((one) => eventHubOf(one, present?.eventHubs ?? []));
  const endpoints = [...storage, ...eventHubs];
  if (endpoints.length > MAX_ENDPOINTS) throw badDescription(`routing.endpoints: at most ${MAX_ENDPOINTS}`);
  const routes = (declared.routes ?? []).map(routeOf);
  routes.forEach(requireCondition);
  const enrichments = (declared.enrichments ?? []).map(({ key, value, endpointNames }) => ({
    key,
    value,
    endpointNames,
  }));
  requireNames(
    endpoints,
    [...routes, ...enrichments].flatMap(({ endpointNames }) => endpointNames),
  );
  return { storage, eventHubs, routes, fallbackIsEnabled: declared.fallbackRoute?.isEnabled ?? false, enrichments };
}
