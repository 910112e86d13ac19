import { z } from 'zod';

import type { ArmContext } from '../context';
import { location, parseBody, tags } from '../envelope';
import { nameOf, typeOf } from '../path';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import { newEtag } from '../store';

const description = z.looseObject({
  location: location.optional(),
  tags: tags.nullish(),
  properties: z.looseObject({}).nullish(),
});

/** Says on every answer that nothing stands behind the resource. */
const RECORDED = { 'x-iothub-emulator': 'recorded' };
const recorded = (answer: ArmAnswer): ArmAnswer => ({ ...answer, headers: RECORDED });

function put({ store }: ArmContext, { id, path, body }: ArmRequest): ArmAnswer {
  const existing = store.get(id);
  const { properties, tags: own, ...envelope } = parseBody(description, body);
  const resource = store.put({
    ...envelope,
    id: existing?.id ?? id,
    name: nameOf(path).split('/').at(-1) ?? '',
    type: typeOf(path),
    ...(own && { tags: own }),
    etag: newEtag(),
    properties: { ...properties, provisioningState: 'Succeeded' },
  });
  return recorded({ status: existing === undefined ? 201 : 200, body: resource });
}

function patch({ store }: ArmContext, { id, body }: ArmRequest): ArmAnswer | undefined {
  const existing = store.get(id);
  if (existing === undefined) return undefined;
  const { properties, ...envelope } = parseBody(description, body);
  const merged = { ...existing, ...envelope, tags: envelope.tags ?? existing.tags ?? {}, etag: newEtag() };
  return recorded(ok(store.put({ ...merged, properties: { ...existing.properties, ...properties } })));
}

/** Any type that has no behaviour of its own: kept, answered and listed as declared. */
export const recordedType = (context: ArmContext, type: string): ResourceType => ({
  type,
  get: ({ id }) => {
    const resource = context.store.get(id);
    return resource && recorded(ok(resource));
  },
  list: ({ path }) => recorded(listOf(context.store.below(path.scope, type))),
  put: (request) => put(context, request),
  patch: (request) => patch(context, request),
  delete: ({ id }) => recorded({ status: context.store.delete(id) ? 200 : 204 }),
});
