import { isObject, type Json, type JsonObject } from '../../world/json';
import { merge } from '../twin/merge';

/** What one configuration wants of a twin: values by path, `properties.desired.fan.speed` say. */
export interface Wanted {
  readonly id: string;
  readonly settings: JsonObject;
}

/** What configurations do to a twin: kept with it, so that what they set can be taken back. */
export interface Configured {
  readonly statuses: Readonly<Record<string, { readonly status: 'Targeted' | 'Applied' }>>;
  /** Paths that configurations have set. */
  readonly paths: readonly string[];
}

interface Setting {
  readonly id: string;
  readonly path: string;
  readonly value: Json;
}

/**
 * Brings what several configurations want together: of two that set a path, or a path and one below it, the later one has
 * its way there. A configuration of which nothing is left is Targeted, else Applied.
 *
 * @param wanted the lowest priority first
 */
export function combine(wanted: readonly Wanted[]): {
  readonly settings: readonly Setting[];
  readonly configured: Configured;
} {
  const settings = wanted
    .flatMap(({ id, settings }) => Object.entries(settings).map(([path, value]) => ({ id, path, value })))
    .reduce<Setting[]>((left, next) => [...left.filter(({ path }) => !isWithin(path, next.path)), next], []);
  const statuses = wanted.map(({ id }): [string, Configured['statuses'][string]] => [
    id,
    { status: settings.some((each) => each.id === id) ? 'Applied' : 'Targeted' },
  ]);
  return {
    settings,
    configured: { statuses: Object.fromEntries(statuses), paths: settings.map(({ path }) => path) },
  };
}

/**
 * The merge patch that takes desired properties to what configurations want.
 *
 * @param values   desired properties without `$version` and `$metadata`
 * @param formerly paths that configurations had set before; those nobody sets any more are removed
 * @returns        undefined when nothing is to be done
 */
export function patchFor(
  values: JsonObject,
  settings: readonly Setting[],
  formerly: readonly string[],
): JsonObject | undefined {
  const now = new Set(settings.map(({ path }) => path));
  const cleared = formerly
    .filter((path) => !now.has(path))
    .reduce((left, path) => put(left, stepsOf(path), null), values);
  const next = settings.reduce((left, { path, value }) => put(left, stepsOf(path), value), cleared);
  return difference(values, next);
}

const isWithin = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}.`);

const stepsOf = (path: string): readonly string[] => path.split('.').slice(2);

/** Sets the value at the end of the steps, whatever stood there; null removes it. */
function put(target: JsonObject, [first, ...rest]: readonly string[], value: Json): JsonObject {
  if (first === undefined) return isObject(value) ? merge({}, value) : {};
  const { [first]: old, ...others } = target;
  if (rest.length === 0) {
    return value === null ? others : { ...target, [first]: isObject(value) ? merge({}, value) : value };
  }
  if (value === null && !isObject(old)) return target;
  const inner = put(isObject(old) ? old : {}, rest, value);
  return value === null && Object.keys(inner).length === 0 ? others : { ...target, [first]: inner };
}

function difference(from: JsonObject, to: JsonObject): JsonObject | undefined {
  const changes = new Map<string, Json>();
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) changes.set(key, null);
  for (const [key, value] of Object.entries(to)) {
    const old = Object.hasOwn(from, key) ? from[key] : undefined;
    const change = isObject(value) && isObject(old) ? difference(old, value) : isSame(old, value) ? undefined : value;
    if (change !== undefined) changes.set(key, change);
  }
  return changes.size === 0 ? undefined : Object.fromEntries(changes);
}

const isSame = (a: Json | undefined, b: Json): boolean => JSON.stringify(a) === JSON.stringify(b);
