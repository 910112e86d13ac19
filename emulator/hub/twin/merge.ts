import { isObject, member, type Json, type JsonObject } from '../../world/json';

/** One part of a twin as Azure shows it: the values beside `$metadata` and `$version`. Never changed in place. */
export interface Section extends JsonObject {
  readonly $metadata: Metadata;
  readonly $version: number;
}

/** Mirrors the values: when each was last set, and for desired properties in which version. */
export interface Metadata extends JsonObject {
  readonly $lastUpdated: string;
}

/** `$lastUpdated`, and `$lastUpdatedVersion` where the section has it. */
export type Mark = Readonly<Record<string, string | number>>;

/** The values of a section without `$metadata` and `$version`. */
export const valuesOf = (section: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(section).filter(([key]) => !key.startsWith('$')));

/**
 * Merges as twins do: objects recurse, null deletes, anything else replaces. No null is left in the result.
 *
 * @example merge({ a: 1, b: { c: 2 } }, { a: null, b: { d: 3 } }) // => { b: { c: 2, d: 3 } }
 * @see iot-hub/iot-hub-devguide-device-twins.md, "Device twin operations"
 */
export function merge(target: JsonObject, patch: JsonObject): JsonObject {
  const merged = new Map<string, Json>(Object.entries(target));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, isObject(value) ? merge(objectAt(target, key), value) : value);
  }
  return Object.fromEntries(merged);
}

/** Marks every level that a patch touches, parents of removed keys included. */
export function mark(metadata: JsonObject, patch: JsonObject, at: Mark): Metadata {
  const marked = new Map<string, Json>([...Object.entries(metadata), ...Object.entries(at)]);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) marked.delete(key);
    else marked.set(key, isObject(value) ? mark(objectAt(metadata, key), value, at) : at);
  }
  return Object.fromEntries(marked) as Metadata; // `at` holds $lastUpdated
}

const objectAt = (object: JsonObject, key: string): JsonObject => {
  const value = member(object, key);
  return isObject(value) ? value : {};
};
