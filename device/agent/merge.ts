import type { Properties } from './types';

const isObject = (value: unknown): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Joins two merge patches into one that does what both do, one after the other: null stays, since it removes.
 *
 * @example joined({ a: { b: 1 } }, { a: { c: null } }) // => { a: { b: 1, c: null } }
 */
export function joined(first: Properties, second: Properties): Properties {
  const result: Record<string, unknown> = { ...first };
  for (const [name, value] of Object.entries(second)) {
    const before = result[name];
    result[name] = isObject(before) && isObject(value) ? joined(before, value) : value;
  }
  return result;
}
