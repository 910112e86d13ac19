import { z } from 'zod';

import type { ProvisioningService } from '../../dps/services';
import type { DpsSettings } from '../../dps/settings';
import { HUB_HOST_PATTERN } from '../../names';
import type { ArmContext } from '../context';
import {
  allocationPolicyOf,
  type DpsDescription,
  dpsDescription,
  dpsResource,
  isDpsName,
  type Linkable,
  linkedHubsOf,
  newIdScope,
} from '../dps-description';
import { dpsPolicies } from '../dps-policies';
import { parseBody, requireMatch, requireSameLocation } from '../envelope';
import { badDescription, DevicesError } from '../errors';
import { identityOf } from '../managed-identity';
import { nameOf, rootIdOf } from '../path';
import { type ArmAnswer, type ArmRequest, type Handler, listOf, ok, type ResourceType } from '../resource-type';
import { newEtag } from '../store';
import { accepted, activating, DEVICES, devicesType } from './devices';

export const PROVISIONING_SERVICES = `${DEVICES}/provisioningServices`;

function requireFreeName({ provisioning }: ArmContext, name: string): void {
  if (!isDpsName(name)) throw badDescription(`'${name}' is no name: 3 to 63 letters, digits and inner hyphens`);
  if (provisioning.get(name) === undefined) return;
  throw new DevicesError(409, '409306', 'Conflict', `The provisioning service name '${name}' is not available.`);
}

/** The service that the path's resource id stands for. */
export function serviceOf(
  { provisioning, store }: ArmContext,
  { path }: Pick<ArmRequest, 'path'>,
): ProvisioningService | undefined {
  const resource = store.get(rootIdOf(path));
  return resource && provisioning.get(resource.name);
}

const linkable = ({ hubs }: ArmContext): Linkable => ({
  opens: (hostName, policyName, key) =>
    hubs
      .get(HUB_HOST_PATTERN.exec(hostName)?.[1] ?? '')
      ?.settings.policies.some(
        (one) =>
          one.keyName.toLowerCase() === policyName.toLowerCase() && [one.primaryKey, one.secondaryKey].includes(key),
      ),
});

const settingsAfter = (
  context: ArmContext,
  id: string,
  description: DpsDescription,
  present: DpsSettings | undefined,
): DpsSettings => ({
  idScope: present?.idScope ?? newIdScope(),
  linkedHubs: linkedHubsOf(description, linkable(context), present?.linkedHubs),
  allocationPolicy: allocationPolicyOf(description),
  policies: dpsPolicies.after(description.properties?.authorizationPolicies ?? undefined, present?.policies),
  certificates: present?.certificates ?? [],
  resourceId: id,
  disableLocalAuth: false, // DPS has no such switch (azure-rest-api-specs issue 45877)
});

function put(context: ArmContext, request: ArmRequest): ArmAnswer {
  const existing = context.store.get(request.id);
  requireMatch(request, existing);
  const name = existing?.name ?? nameOf(request.path);
  if (existing === undefined) requireFreeName(context, name);
  const description = parseBody(dpsDescription, request.body, badDescription);
  requireSameLocation(existing, description.location);
  const service = context.provisioning.get(name);
  const id = existing?.id ?? request.id;
  const settings = settingsAfter(context, id, description, service?.settings);
  const identity = identityOf(context.store, description.identity, existing);
  if (service === undefined) context.provisioning.create(name, settings);
  else service.settings = settings;
  const envelope = { id, name, type: PROVISIONING_SERVICES, etag: newEtag() };
  const resource = context.store.put({ ...dpsResource(envelope, description, settings), identity });
  const status = existing === undefined ? 201 : 200;
  return { ...accepted(context, request), status, body: activating(resource) };
}

function remove(context: ArmContext, request: ArmRequest): ArmAnswer {
  const { store, provisioning } = context;
  const existing = store.get(request.id);
  requireMatch(request, existing);
  if (existing === undefined) return { status: 204 };
  store.deleteTree(existing.id);
  provisioning.delete(existing.name);
  return accepted(context, request);
}

/** Device Provisioning Services: policies, linked hubs and allocation take effect on the data plane at once. */
export const provisioningServices = (context: ArmContext): ResourceType => ({
  ...devicesType(context, PROVISIONING_SERVICES),
  put: (request) => put(context, request),
  delete: (request) => remove(context, request),
  actions: {
    listkeys: (request) => {
      const service = serviceOf(context, request);
      return service && listOf(dpsPolicies.listed(service.settings.policies));
    },
  },
  release({ name }) {
    context.provisioning.delete(name);
    return Promise.resolve();
  },
});

/** What lies below a provisioning service, beside its certificates. */
export function provisioningServiceChildren(context: ArmContext): ResourceType[] {
  const of =
    (answer: (service: ProvisioningService, request: ArmRequest) => ArmAnswer | undefined): Handler =>
    (request) => {
      const service = serviceOf(context, request);
      return service && answer(service, request);
    };
  const listKey = of(({ settings }, { path }) => {
    const wanted = path.names[1]?.toLowerCase();
    const key = dpsPolicies.listed(settings.policies).find(({ keyName }) => keyName.toLowerCase() === wanted);
    if (key !== undefined) return ok(key);
    throw new DevicesError(404, '404000', 'NotFound', `There is no shared access policy '${wanted ?? ''}'.`);
  });
  return [
    { type: `${PROVISIONING_SERVICES}/keys`, actions: { listkeys: listKey } },
    { type: `${PROVISIONING_SERVICES}/skus`, list: of(() => listOf([{ name: 'S1' }])) },
    {
      type: `${PROVISIONING_SERVICES}/operationresults`,
      get: of((_, { path }) => {
        const operation = context.operations.find(path.names[1] ?? '');
        return operation && ok(operation);
      }),
    },
  ];
}

/** `POST …/providers/Microsoft.Devices/checkProvisioningServiceNameAvailability`. */
export const checkDpsName =
  ({ provisioning }: ArmContext): Handler =>
  ({ body }) => {
    const { name } = parseBody(z.object({ name: z.string() }), body, badDescription);
    if (!isDpsName(name)) return ok({ nameAvailable: false, reason: 'Invalid', message: 'not a valid name' });
    if (provisioning.get(name) === undefined) return ok({ nameAvailable: true });
    return ok({ nameAvailable: false, reason: 'AlreadyExists', message: `'${name}' is not available` });
  };
