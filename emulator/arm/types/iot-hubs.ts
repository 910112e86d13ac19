import { z } from 'zod';

import type { Hub } from '../../hub/hubs';
import { type HubSettings, hubSettings } from '../../hub/settings';
import type { ArmContext } from '../context';
import { location, parseBody, requireMatch, requireSameLocation } from '../envelope';
import { badDescription, DevicesError } from '../errors';
import { eventsOf, type HubDescription, hubDescription, hubResource, isHubName, skuOf } from '../hub-description';
import { messagingOf } from '../hub-messaging';
import { hubPolicies } from '../hub-policies';
import { routingOf } from '../hub-routing';
import { identityOf } from '../managed-identity';
import { nameOf, rootIdOf } from '../path';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import { newEtag } from '../store';
import { accepted, activating, DEVICES, devicesType } from './devices';
import { checkDpsName } from './provisioning-services';

export const IOT_HUBS = `${DEVICES}/IotHubs`;

const keysOf = ({ settings }: Hub) => hubPolicies.listed(settings.policies);

/** Host names are global: a name is free when no hub has it, in whatever resource group. */
function requireFreeName({ hubs, namespaces }: ArmContext, name: string): void {
  if (!isHubName(name)) throw badDescription(`'${name}' is no hub name: 3 to 50 letters, digits and inner hyphens`);
  // The endpoint for events has a host name of the same form as a namespace's.
  if (hubs.get(name) === undefined && namespaces.get(name) === undefined) return;
  throw new DevicesError(409, '409306', 'Conflict', `The IoT hub name '${name}' is not available.`);
}

/** The hub that the path's resource id stands for; a hub of the same name in another group is not it. */
export function hubOf({ hubs, store }: ArmContext, { path }: ArmRequest): Hub | undefined {
  const resource = store.get(rootIdOf(path));
  return resource && hubs.get(resource.name);
}

/** Puts what is declared in force. Certificates and consumer groups are resources of their own, and stay. */
function applySettings({ hubs }: ArmContext, id: string, name: string, description: HubDescription): HubSettings {
  const hub = hubs.get(name);
  const before = hub?.settings;
  const { properties } = description;
  const settings = hubSettings({
    resourceId: id,
    sku: skuOf(description, before?.sku),
    policies: hubPolicies.after(properties?.authorizationPolicies ?? undefined, before?.policies),
    disableLocalAuth: properties?.disableLocalAuth ?? false,
    disableDeviceSas: properties?.disableDeviceSAS ?? false,
    disableModuleSas: properties?.disableModuleSAS ?? false,
    certificates: before?.certificates ?? [],
    consumerGroups: before?.consumerGroups ?? [],
    events: eventsOf(description, before),
    routing: routingOf(properties?.routing, before?.routing),
    ...messagingOf(properties ?? {}, before),
  });
  if (hub === undefined) hubs.create(name, settings);
  else hub.settings = settings;
  return settings;
}

function put(context: ArmContext, request: ArmRequest): ArmAnswer {
  const existing = context.store.get(request.id);
  requireMatch(request, existing);
  const name = existing?.name ?? nameOf(request.path);
  if (existing === undefined) requireFreeName(context, name);
  const description = parseBody(hubDescription, request.body, badDescription);
  requireSameLocation(existing, description.location);
  const identity = identityOf(context.store, description.identity, existing);
  const settings = applySettings(context, existing?.id ?? request.id, name, description);
  const created = z.object({ createdAt: z.string() }).safeParse(existing?.['systemData']).data?.createdAt;
  const envelope = { id: existing?.id ?? request.id, name, type: IOT_HUBS, etag: newEtag() };
  const dated = { ...envelope, created: created ?? new Date().toISOString() };
  const locations = z.array(z.unknown()).safeParse(existing?.properties['locations']).data;
  const resource = context.store.put({
    ...hubResource(dated, description, request.body, settings, locations),
    identity,
  });
  const status = existing === undefined ? 201 : 200;
  return { ...accepted(context, request), status, body: activating(resource) };
}

function remove(context: ArmContext, request: ArmRequest): ArmAnswer {
  const existing = context.store.get(request.id);
  requireMatch(request, existing);
  if (existing === undefined) return { status: 204 };
  context.store.deleteTree(existing.id);
  return accepted(context, request, context.hubs.delete(existing.name));
}

const locationList = z.array(z.object({ location: z.string(), role: z.string() }));

/** Swaps the roles of the two regions (iot-hub-ha-dr.md, "Manual failover"); keys and devices stay. */
function failOver(context: ArmContext, request: ArmRequest): ArmAnswer | undefined {
  const { store } = context;
  const existing = store.get(request.id);
  if (existing === undefined) return undefined;
  const { failoverRegion } = parseBody(z.object({ failoverRegion: location }), request.body, badDescription);
  const before = locationList.parse(existing.properties['locations']);
  if (!before.some((one) => one.role === 'secondary' && one.location === failoverRegion))
    throw badDescription(`failoverRegion: '${failoverRegion}' is not the secondary region of the hub`);
  const role = (region: string): string => (region === failoverRegion ? 'primary' : 'secondary');
  const locations = before.map((one) => ({ ...one, role: role(one.location) }));
  store.put({ ...existing, etag: newEtag(), properties: { ...existing.properties, locations } });
  return accepted(context, request);
}

/**
 * Hubs: their SKU and policies take effect on the hub's data plane at once.
 *
 * @param further more actions of a hub, by lower-case name
 */
export const iotHubs = (context: ArmContext, further: ResourceType['actions'] = {}): ResourceType => ({
  ...devicesType(context, IOT_HUBS),
  put: (request) => put(context, request),
  delete: (request) => remove(context, request),
  actions: {
    listkeys: (request) => {
      const hub = hubOf(context, request);
      return hub && listOf(keysOf(hub));
    },
    failover: (request) => failOver(context, request),
    ...further,
  },
  release: ({ name }) => context.hubs.delete(name),
});

/** One policy with its keys: `POST …/IotHubKeys/{keyName}/listkeys`. */
export const iotHubKeys = (context: ArmContext): ResourceType => ({
  type: `${IOT_HUBS}/IotHubKeys`,
  actions: {
    listkeys: (request) => {
      const hub = hubOf(context, request);
      const wanted = request.path.names[1]?.toLowerCase();
      const key = hub && keysOf(hub).find(({ keyName }) => keyName.toLowerCase() === wanted);
      if (key !== undefined) return ok(key);
      throw new DevicesError(404, '404000', 'NotFound', `The hub has no shared access policy '${wanted ?? ''}'.`);
    },
  },
});

/** `POST …/providers/Microsoft.Devices/checkNameAvailability`, and the same for provisioning services. */
export const devicesProvider = (context: ArmContext): ResourceType => ({
  type: DEVICES,
  actions: {
    checkprovisioningservicenameavailability: checkDpsName(context),
    checknameavailability: ({ body }) => {
      const { name } = parseBody(z.object({ name: z.string() }), body, badDescription);
      if (!isHubName(name)) return ok({ nameAvailable: false, reason: 'Invalid', message: 'not a valid hub name' });
      if (context.hubs.get(name) === undefined) return ok({ nameAvailable: true });
      return ok({ nameAvailable: false, reason: 'AlreadyExists', message: `IoT hub '${name}' is not available` });
    },
  },
});
