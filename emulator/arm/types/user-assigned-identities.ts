import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import { TENANT_ID } from '../../entra/principal';
import type { ArmContext } from '../context';
import { location, parseBody, requireSameLocation, tags } from '../envelope';
import { badRequest } from '../errors';
import { USER_ASSIGNED } from '../managed-identity';
import { nameOf } from '../path';
import type { ArmAnswer, ArmRequest, ResourceType } from '../resource-type';
import { keptType, patchTags } from './kept';

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

/** User-assigned managed identities: programs ask the identity endpoint for their tokens by client, object or resource id. */
export const userAssignedIdentities = (context: ArmContext): ResourceType => ({
  ...keptType(context, USER_ASSIGNED),
  put: (request) => put(context, request),
  patch: (request) => patchTags(context, request),
  delete: ({ id }) => ({ status: context.store.delete(id) ? 200 : 204 }),
});
