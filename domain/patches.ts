import { isObject, sameJson } from './json';
import type { Json, JsonObject } from './spec';

/** The sections of a twin that a rollout changes. */
export interface TwinSections {
  readonly tags?: JsonObject;
  readonly desired?: JsonObject;
}

/**
 * Reads what an object has at the places that a merge patch touches: patching it with the answer brings these places back.
 * A place is a whole value where either side holds no object.
 *
 * @returns a merge patch; null where the object has nothing
 * @example valuesAt({ floor: 3, at: { room: 1 } }, { floor: 1, at: { room: 9, wing: 'b' } }) // => { floor: 1, at: { room: 9 } }
 */
export function valuesAt(patch: JsonObject, object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(patch).map(([key, wanted]): [string, Json] => {
      const actual = object[key];
      return [key, isObject(wanted) && isObject(actual) ? valuesAt(wanted, actual) : (actual ?? null)];
    }),
  );
}

/** What a twin has at the places that an action touches. */
export const snapshotOf = ({ tags, desired }: TwinSections, twin: Required<TwinSections>): TwinSections => ({
  ...(tags && { tags: valuesAt(tags, twin.tags) }),
  ...(desired && { desired: valuesAt(desired, twin.desired) }),
});

/**
 * The merge patch that turns `from` into `to`, where `from` may hold more than `to` below a place that was replaced as a
 * whole: what is only in `from` is taken out.
 */
export function difference(from: Json | undefined, to: Json): Json {
  if (!isObject(to) || !isObject(from)) return to;
  const removed = Object.keys(from).filter((key) => !(key in to));
  return {
    ...Object.fromEntries(Object.entries(to).map(([key, value]) => [key, difference(from[key], value)])),
    ...Object.fromEntries(removed.map((key) => [key, null])),
  };
}

/** What must be done to a section of a twin to bring it back, or the first place that somebody else has changed since. */
export type Restoring = { readonly patch: JsonObject } | { readonly changedAt: string };

/**
 * Works out how to bring a section back to its snapshot. Each place must be as the rollout has left it, or as it was
 * before; anything else is somebody's later change, and nothing is to be overwritten.
 *
 * @param applied the rollout's patch, @param before its snapshot, @param now the section as it is
 */
export function restoring(applied: JsonObject, before: JsonObject, now: JsonObject, path = ''): Restoring {
  const patch: Record<string, Json> = {};
  for (const [key, wanted] of Object.entries(applied)) {
    const was = before[key] ?? null;
    const is = now[key] ?? null;
    const place = path === '' ? key : `${path}.${key}`;
    if (isObject(wanted) && isObject(was) && isObject(is)) {
      const inner = restoring(wanted, was, is, place);
      if ('changedAt' in inner) return inner;
      if (Object.keys(inner.patch).length > 0) patch[key] = inner.patch;
    } else if (sameJson(is, withoutNulls(wanted))) {
      if (!sameJson(is, was)) patch[key] = difference(is, was);
    } else if (!sameJson(is, was)) {
      return { changedAt: place };
    }
  }
  return { patch };
}

/** What a merge patch leaves where there was nothing: null takes out. */
function withoutNulls(value: Json): Json {
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}
