import { decodedUri } from '../uri';
import { projected, toSdk, toWire } from './schema/convert';
import { type AzureType, parametersOf, type TypeEntry } from './types';
import { compact, isArray, isObject, type Properties, UNKNOWN, type Value } from './values';

const trimSlashes = (text: string): string => text.replace(/^\/+|\/+$/g, '');

/**
 * The Resource Manager path of a resource or function.
 *
 * @throws Error naming the first parameter that is missing or not known yet
 */
export function pathOf(entry: { readonly path: string }, inputs: Properties, subscriptionId: string): string {
  return entry.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = name === 'subscriptionId' ? subscriptionId : inputs[name];
    if (typeof value !== 'string' || value === '' || value === UNKNOWN) throw new Error(`${name} is missing`);
    return name === 'scope' ? trimSlashes(value) : encodeURIComponent(value);
  });
}

/** The parameters that an id was made of; undefined when the id is not of this type, or not properly encoded. */
export function parametersFromId(entry: TypeEntry, id: string): Properties | undefined {
  const pattern = entry.path
    .replace(/[.$]/g, '\\$&')
    .replace(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${name === 'scope' ? '.+' : '[^/]+'})`);
  const groups = new RegExp(`^${pattern}$`, 'i').exec(id)?.groups;
  if (groups === undefined) return undefined;
  const given = parametersOf(entry).map((name) => [name, decodedUri(groups[name] ?? '')] as const);
  if (given.some(([, value]) => value === undefined)) return undefined;
  return Object.fromEntries(given);
}

/** Inputs of the program as the body of a PUT. */
export function bodyOf(entry: AzureType, inputs: Properties): Properties {
  const parameters = parametersOf(entry);
  const own = Object.fromEntries(
    Object.entries(compact(inputs) as Properties).filter(([key]) => !parameters.includes(key)),
  );
  const wire = toWire(entry.inputs, own, entry.wireNames ?? {});
  const { envelope } = entry;
  if (envelope === undefined) return wire;
  const isEnvelope = ([key]: [string, unknown]): boolean => envelope.includes(key);
  const inside = Object.entries(wire).filter((one) => !isEnvelope(one));
  return { ...Object.fromEntries(Object.entries(wire).filter(isEnvelope)), properties: Object.fromEntries(inside) };
}

/** A resource as the Resource Manager answers it, as outputs of the SDK's resource; the engine keeps the id itself. */
export function outputsOf(entry: AzureType, resource: Properties): Properties {
  const { properties, ...rest } = compact(resource) as Properties;
  const beside = Object.fromEntries(Object.entries(rest).filter(([name]) => name !== 'id'));
  const inside = isObject(properties) ? properties : {};
  const flat = entry.envelope === undefined ? { ...(properties !== undefined && { properties }) } : inside;
  const { wireNames = {} } = entry;
  const own = toSdk(flat, wireNames) as Properties;
  // A wire name of `properties` must not rename what stands beside it: RoleDefinition has two that are `type`.
  const version = 'azureApiVersion' in entry.outputs ? { azureApiVersion: entry.apiVersion } : {};
  return { ...own, ...beside, ...version };
}

/** Regions are the same whatever their spaces and case. */
export const sameRegion = (a: Value, b: Value): boolean =>
  typeof a === 'string' &&
  typeof b === 'string' &&
  a.replaceAll(' ', '').toLowerCase() === b.replaceAll(' ', '').toLowerCase();

/** Inputs for a resource that is imported: what was found, in the words of a program. */
export const importedInputs = (entry: AzureType, id: string, outputs: Properties): Properties => ({
  ...(compact(projected(entry.inputs, outputs)) as Properties),
  ...parametersFromId(entry, id),
});

/** `next` over `base` at every depth, lists as a whole: what an update is expected to answer. */
export function overlaid(base: Value | undefined, next: Value | undefined): Value {
  if (!isObject(base) || !isObject(next) || isArray(base)) return next ?? base ?? null;
  const keys = new Set([...Object.keys(base), ...Object.keys(next)]);
  return Object.fromEntries([...keys].map((key) => [key, overlaid(base[key], next[key])]));
}
