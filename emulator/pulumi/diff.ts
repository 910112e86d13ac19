import { parametersOf, type TypeEntry } from './types';
import { sameRegion } from './translate';
import { compact, isArray, isObject, type Properties, type Value } from './values';

export type ChangeKind = 'add' | 'delete' | 'update';

/** Changes by property path, in the engine's notation (`sku.capacity`, `properties.routes[0].name`). */
export type Changes = ReadonlyMap<string, ChangeKind>;

const isPlainKey = (key: string): boolean => /^[A-Za-z_$][\w$]*$/.test(key);

function keyPath(prefix: string, key: string | number): string {
  if (typeof key === 'number') return `${prefix}[${key}]`;
  if (!isPlainKey(key)) return `${prefix}[${JSON.stringify(key)}]`;
  return prefix === '' ? key : `${prefix}.${key}`;
}

function* compare(path: string, old: Value | undefined, next: Value | undefined): Generator<[string, ChangeKind]> {
  if (old === undefined && next === undefined) return;
  if (old === undefined) yield [path, 'add'];
  else if (next === undefined) yield [path, 'delete'];
  else if (isObject(old) && isObject(next)) {
    for (const key of new Set([...Object.keys(old), ...Object.keys(next)])) {
      yield* compare(keyPath(path, key), old[key], next[key]);
    }
  } else if (isArray(old) && isArray(next)) {
    for (let index = 0; index < Math.max(old.length, next.length); index++) {
      yield* compare(keyPath(path, index), old[index], next[index]);
    }
  } else if (old !== next) yield [path, 'update'];
}

/** What differs between the inputs of last time and those of now; the spelling of a region is no difference. */
export function changesOf(oldInputs: Properties, newInputs: Properties): Changes {
  const changes = new Map(compare('', compact(oldInputs), compact(newInputs)));
  if (sameRegion(oldInputs['location'] ?? null, newInputs['location'] ?? null)) changes.delete('location');
  return changes;
}

const rootOf = (path: string): string => /^[^.[]+/.exec(path)?.[0] ?? path;

/** Of the changed paths those that no update can make: parts of the id, and what the type says is immutable. */
export function replacingPaths(entry: TypeEntry, changes: Changes): string[] {
  const fixed = new Set([...parametersOf(entry), ...(entry.forceNew ?? [])]);
  return [...changes.keys()].filter((path) => fixed.has(rootOf(path)));
}
