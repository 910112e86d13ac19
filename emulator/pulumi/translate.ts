import { decodedUri } from '../uri';
import { parametersOf, type TypeEntry } from './table';
import { at, compact, isArray, isObject, type Properties, UNKNOWN, type Value, withAt } from './values';

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

const renamesOf = ({ flattened }: TypeEntry): [string, string][] => Object.entries(flattened?.renamed ?? {});

/** Inputs of the program as the body of a PUT. */
export function bodyOf(entry: TypeEntry, inputs: Properties): Properties {
  const parameters = parametersOf(entry);
  const own = Object.entries(compact(inputs) as Properties).filter(([key]) => !parameters.includes(key));
  if (entry.flattened === undefined) return Object.fromEntries(own);
  const wireNames = new Map(renamesOf(entry));
  const isEnvelope = ([key]: [string, unknown]): boolean => entry.envelope.includes(key);
  const flattened = own.filter((one) => !isEnvelope(one)).map(([key, value]) => [wireNames.get(key) ?? key, value]);
  return { ...Object.fromEntries(own.filter(isEnvelope)), properties: Object.fromEntries(flattened) as Properties };
}

/** A resource as the Resource Manager answers it, as outputs of the SDK's resource. */
export function outputsOf(entry: TypeEntry, resource: Properties): Properties {
  const { properties, ...envelope } = without(compact(resource) as Properties, 'id'); // the engine keeps the id itself
  const outputs = { ...envelope, azureApiVersion: entry.apiVersion };
  if (entry.flattened === undefined) return properties === undefined ? outputs : { ...outputs, properties };
  const sdkNames = new Map(renamesOf(entry).map(([sdk, wire]) => [wire, sdk]));
  const flattened = Object.entries(isObject(properties) ? properties : {});
  return { ...Object.fromEntries(flattened.map(([key, value]) => [sdkNames.get(key) ?? key, value])), ...outputs };
}

/** What a preview can say of a resource that is not there yet: its inputs, and that the service will add to them. */
export const previewOf = (entry: TypeEntry, inputs: Properties): Properties =>
  entry.computed.reduce((outputs, path) => {
    const isInDeclared = isObject(outputs[path.split('.')[0] ?? '']);
    return isInDeclared ? withAt(outputs, path, UNKNOWN) : outputs;
  }, inputs);

/** Regions are the same whatever their spaces and case. */
export const sameRegion = (a: Value, b: Value): boolean =>
  typeof a === 'string' &&
  typeof b === 'string' &&
  a.replaceAll(' ', '').toLowerCase() === b.replaceAll(' ', '').toLowerCase();

function project(declared: Value, present: Value | undefined): Value | undefined {
  if (present === undefined) return undefined;
  if (isArray(declared) && isArray(present) && declared.length === present.length) {
    return declared.map((one, index) => project(one, present[index]) ?? null);
  }
  if (!isObject(declared) || !isObject(present)) return present;
  return Object.fromEntries(Object.entries(declared).map(([key, one]) => [key, project(one ?? null, present[key])]));
}

/**
 * The inputs that would lead to the present state, so that drift shows: what the program declared, with the values that
 * the service holds now. What no GET returns stays as it was declared.
 */
export function refreshedInputs(entry: TypeEntry, declared: Properties, outputs: Properties): Properties {
  const parameters = parametersOf(entry);
  const entries = Object.entries(declared).map(([key, value]): [string, Value | undefined] => {
    if (parameters.includes(key)) return [key, value];
    if (key === 'tags') return [key, outputs[key] ?? {}];
    if (key === 'location' && sameRegion(value ?? null, outputs[key] ?? null)) return [key, value];
    return [key, project(value ?? null, outputs[key])];
  });
  const kept = entry.writeOnly.reduce((inputs: Properties, path) => {
    const value = at(declared, path);
    return value === undefined ? inputs : withAt(inputs, path, value);
  }, Object.fromEntries(entries));
  return compact(kept) as Properties;
}

function without(properties: Properties, path: string): Properties {
  const [key = '', ...rest] = path.split('.');
  const inner = properties[key];
  if (rest.length > 0) return isObject(inner) ? { ...properties, [key]: without(inner, rest.join('.')) } : properties;
  return Object.fromEntries(Object.entries(properties).filter(([name]) => name !== key));
}

/** Inputs for a resource that is imported: all that was found, without what only the service writes. */
export const importedInputs = (entry: TypeEntry, id: string, outputs: Properties): Properties => ({
  ...entry.readOnly.reduce(without, outputs),
  ...parametersFromId(entry, id),
});
