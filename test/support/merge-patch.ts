import { isObject } from '../../domain/json';
import type { Json, JsonObject } from '../../domain/spec';

/** A merge patch as a hub applies it: null takes out, objects merge, all else replaces. */
export function merged(target: JsonObject, patch: JsonObject): JsonObject {
  const result = new Map<string, Json>(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    const was = result.get(key);
    if (value === null) result.delete(key);
    else result.set(key, isObject(value) ? merged(isObject(was) ? was : {}, value) : value);
  }
  return Object.fromEntries(result);
}
