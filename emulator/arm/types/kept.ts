import { z } from 'zod';

import type { ArmContext } from '../context';
import { parseBody, tags } from '../envelope';
import { type ArmAnswer, type ArmRequest, type Handler, listOf, ok } from '../resource-type';

/** How resources are read whose stored form is the answer. */
interface Kept {
  readonly type: string;
  readonly get: Handler;
  /** All of the type below the scope that was asked. */
  readonly list: Handler;
}

/** The part of a resource type that reads what the store holds. */
export const keptType = ({ store }: Pick<ArmContext, 'store'>, type: string): Kept => ({
  type,
  get: ({ id }) => {
    const resource = store.get(id);
    return resource && ok(resource);
  },
  list: ({ path }) => listOf(store.below(path.scope, type)),
});

/** Replaces the tags of what is there; other fields of the body are passed over, and no tags leave them as they are. */
export function patchTags({ store }: ArmContext, { id, body }: ArmRequest): ArmAnswer | undefined {
  const existing = store.get(id);
  if (existing === undefined) return undefined;
  const declared = parseBody(z.looseObject({ tags: tags.nullish() }), body);
  return ok(store.put({ ...existing, tags: declared.tags ?? existing.tags ?? {} }));
}
