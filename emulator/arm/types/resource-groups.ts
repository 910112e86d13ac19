import { z } from 'zod';

import { TENANT_ID } from '../../entra/principal';
import type { ArmContext } from '../context';
import { location, parseBody, requireSameLocation, tags } from '../envelope';
import { badRequest } from '../errors';
import { nameOf, placeOf } from '../path';
import { recordedType } from './recorded';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import type { Resource } from '../store';
import { keptType, patchTags } from './kept';
import { filterOf } from './role-filter';

export const RESOURCE_GROUPS = 'Microsoft.Resources/resourceGroups';

const description = z.looseObject({ location, tags: tags.nullish(), managedBy: z.string().nullish() });
const isGroupName = (name: string): boolean => /^[-\w.()]{1,90}$/.test(name) && !name.endsWith('.');

function put({ store }: ArmContext, { id, path, body }: ArmRequest): ArmAnswer {
  const name = nameOf(path);
  if (!isGroupName(name)) throw badRequest(`'${name}' is no valid resource group name`, 'InvalidResourceGroup');
  const existing = store.get(id);
  const declared = parseBody(description, body);
  requireSameLocation(existing, declared.location);
  const group = store.put({
    id: existing?.id ?? id,
    name: existing?.name ?? name,
    type: RESOURCE_GROUPS,
    location: declared.location,
    tags: declared.tags ?? {},
    ...(declared.managedBy && { managedBy: declared.managedBy }),
    properties: { provisioningState: 'Succeeded' },
  });
  return { status: existing === undefined ? 201 : 200, body: group };
}

/** Deletes a group with all that is in it; the last created goes first, so that children precede their parents. */
async function empty(context: ArmContext, types: readonly ResourceType[], group: Resource): Promise<void> {
  for (const resource of context.store.below(group.id).reverse()) {
    const known = types.find((one) => one.type.toLowerCase() === resource.type.toLowerCase());
    await (known ?? recordedType(context, resource.type)).release?.(resource);
    context.store.delete(resource.id);
  }
  context.store.delete(group.id);
}

/** @param types all types, whose services are released when their group goes */
export const resourceGroups = (context: ArmContext, types: readonly ResourceType[]): ResourceType => ({
  ...keptType(context, RESOURCE_GROUPS),
  put: (request) => put(context, request),
  patch: (request) => patchTags(context, request),
  delete: ({ id, apiVersion }) => {
    const group = context.store.get(id);
    if (group === undefined) return undefined;
    const headers = context.operations.track(empty(context, types, group), 'Microsoft.Resources', apiVersion);
    return { status: 202, headers };
  },
});

/** `GET …/resources`, also those of one type or name: every resource below a subscription or group, recorded ones too. */
export const allResources = ({ store }: ArmContext): ResourceType => ({
  type: 'Microsoft.Resources/resources',
  list: ({ path, query }) => {
    const { resourceType, name: wanted } = filterOf(query['$filter'], ['resourceType', 'name']);
    const isWanted = ({ type, name }: Resource): boolean => same(type, resourceType) && same(name, wanted);
    return listOf(
      store
        .below(path.scope)
        .filter(isWanted)
        .filter(({ id, type }) => id.split('/providers/').length === 2 && type.split('/').length === 2)
        .map(({ id, name, type, location: region, tags: own }) => ({ id, name, type, location: region, tags: own })),
    );
  },
});

const same = (text: string, wanted: string | undefined): boolean =>
  wanted === undefined || text.toLowerCase() === wanted.toLowerCase();

/** The one subscription. */
export const subscriptions = ({ subscriptionId }: ArmContext): ResourceType => {
  const id = `/subscriptions/${subscriptionId}`;
  const subscription = { id, subscriptionId, tenantId: TENANT_ID, displayName: 'iothub-emulator', state: 'Enabled' };
  return {
    type: 'Microsoft.Resources/subscriptions',
    get: (request) => (placeOf(request.id).subscriptionId === subscriptionId ? ok(subscription) : undefined),
    list: () => listOf([subscription]),
  };
};
