import { isDeepStrictEqual } from 'node:util';

import { isArray, isObject, type Properties, UNKNOWN, type Value } from '../values';
import { type Members, type Shape, shapeOf } from './schema';

/** Names on the wire that the SDK spells otherwise, by the dotted path of SDK names, to which lists add nothing. */
export type WireNames = Readonly<Record<string, string>>;

const isStringList = (shape: Shape | undefined): boolean => shape?.kind === 'list' && shape.of.kind === 'string';

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** Lists of ids that the wire has as an object with the ids for keys (the real provider's "string sets"). */
const SETS = new Set(['userAssignedIdentities']);

function wireValue(shape: Shape, value: Value, path: string, names: WireNames): Value {
  if (shape.kind === 'list' && isArray(value)) return value.map((one) => wireValue(shape.of, one, path, names));
  if (!isObject(value)) return value;
  if (shape.kind === 'map') {
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, wireValue(shape.of, one ?? null, path, names)]),
    );
  }
  return shape.kind === 'object' ? toWire(shape.members, value, names, path) : value;
}

/** Inputs of the SDK as the Resource Manager takes them. */
export function toWire(members: Members, value: Properties, names: WireNames, path = ''): Properties {
  return Object.fromEntries(
    Object.entries(value).map(([name, inner = null]) => {
      const at = below(path, name);
      if (SETS.has(name) && isArray(inner))
        return [name, Object.fromEntries(inner.filter((id) => typeof id === 'string').map((id) => [id, {}]))];
      return [names[at] ?? name, wireValue(shapeOf(members[name] ?? 'any'), inner, at, names)];
    }),
  );
}

/** An answer of the Resource Manager in the names of the SDK. */
export function toSdk(value: Value, names: WireNames, path = ''): Value {
  if (isArray(value)) return value.map((one) => toSdk(one, names, path));
  if (!isObject(value)) return value;
  const sdkNameOf = (wire: string): string =>
    Object.keys(names)
      .find((at) => names[at] === wire && at.slice(0, at.lastIndexOf('.') + 1) === (path && `${path}.`))
      ?.split('.')
      .at(-1) ?? wire;
  return Object.fromEntries(
    Object.entries(value).map(([wire, inner = null]) => {
      const name = sdkNameOf(wire);
      return [name, toSdk(inner, names, below(path, name))];
    }),
  );
}

function projectedValue(shape: Shape, value: Value): Value {
  if (isStringList(shape) && isObject(value)) return Object.keys(value);
  if (shape.kind === 'list' && isArray(value)) return value.map((one) => projectedValue(shape.of, one));
  if (!isObject(value)) return value;
  if (shape.kind === 'map') {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, projectedValue(shape.of, one ?? null)]));
  }
  return shape.kind === 'object' ? projected(shape.members, value) : value;
}

/** Of outputs, what inputs could have said: a resource that is imported, or that somebody changed, in a program's words. */
export const projected = (members: Members, outputs: Properties): Properties =>
  Object.fromEntries(
    Object.entries(outputs).flatMap(([name, value]) => {
      const short = members[name];
      return short === undefined || value === undefined ? [] : [[name, projectedValue(shapeOf(short), value)]];
    }),
  );

/** What a preview can say of outputs: what inputs say, and that the service will say the rest. */
export function foreseen(members: Members, inputs: Properties): Properties {
  return Object.fromEntries(
    Object.entries(members).map(([name, short]) => {
      const value = inputs[name];
      const shape = shapeOf(short);
      if (value === undefined || value === null) return [name, UNKNOWN];
      if (shape.kind === 'object' && isObject(value)) return [name, foreseen(shape.members, value)];
      return [name, shape.kind === 'map' && isArray(value) ? UNKNOWN : value];
    }),
  );
}

/**
 * Applies to `input` what differs between two projections of outputs, before and now: what nobody declared and nobody
 * changed stays out, and what no answer shows (keys) stays as it is. So does the real provider (provider.go, Read).
 */
export function drifted(
  input: Value | undefined,
  before: Value | undefined,
  now: Value | undefined,
): Value | undefined {
  if (isDeepStrictEqual(before, now)) return input; // members in any order
  if (isObject(now) && isObject(before)) {
    const base = isObject(input) ? input : {};
    const keys = new Set([...Object.keys(base), ...Object.keys(before), ...Object.keys(now)]);
    const entries = [...keys].map((key): [string, Value | undefined] => [
      key,
      drifted(base[key], before[key], now[key]),
    ]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  if (isArray(now) && isArray(before) && isArray(input) && now.length === before.length && input.length === now.length)
    return now.map((one, index) => drifted(input[index], before[index], one) ?? null);
  return now;
}
