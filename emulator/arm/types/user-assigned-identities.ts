import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import { TENANT_ID } from '../../entra/principal';
import type { ArmContext } from '../context';
import { location, parseBody, requireSameLocation, tags } from '../envelope';
import { badRequest } from '../errors';
import { USER_ASSIGNED } from '../managed-identity';
import { nameOf } from '../path';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';

const description = z.looseObject({ location, tags: tags.nullish() });
const isName = (name: string): boolean => /^[a-z0-9][\w-]{2,127}$/i.test(name);

/** The principal is made with the resource and goes with it; an update changes the tags. */
function put({ store }: ArmContext, { id, path, body }: ArmRequest): ArmAnswer {
  const name = nameOf(path);
  if (!isName(name)) throw badRequest(`'${name}' is no valid identity name`, 'InvalidResourceName');
  const existing = store.get(id);
  const declared = parseBody(description, body);
  requireSameLocation(existing, declared.location);
  const resource = store.put({
    id: existing?.id ?? id,
    name: existing?.name ?? name,
    type: USER_ASSIGNED,
    location: declared.location,
    tags: declared.tags ?? {},
    properties: existing?.properties ?? { tenantId: TENANT_ID, principalId: randomUUID(), clientId: randomUUID() },
  });
  return { status: existing === undefined ? 201 : 200, body: resource };
}

function patch({ store }: ArmContext, { id, body }: ArmRequest): ArmAnswer | undefined {
  const existing = store.get(id);
  const declared = parseBody(z.looseObject({ tags: tags.nullish() }), body);
  return existing && ok(store.put({ ...existing, tags: declared.tags ?? existing.tags ?? {} }));
}

/** User-assigned managed identities: programs ask the identity endpoint for their tokens by client, object or resource id. */
export const userAssignedIdentities = (context: ArmContext): ResourceType => ({
  type: USER_ASSIGNED,
  get: ({ id }) => {
    const resource = context.store.get(id);
    return resource && ok(resource);
  },
  list: ({ path }) => listOf(context.store.below(path.scope, USER_ASSIGNED)),
  put: (request) => put(context, request),
  patch: (request) => patch(context, request),
  delete: ({ id }) => ({ status: context.store.delete(id) ? 200 : 204 }),
});
