/** Property values as they travel between engine and plugin. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value | undefined };
export type Properties = { readonly [key: string]: Value | undefined };

/** Stands for a value that a preview does not know (Pulumi SDK, runtime/rpc, unknownValue). */
export const UNKNOWN = '04da6b54-80e4-46f7-96ec-b56ff0331ba9';

const SIGNATURE_KEY = '4dabf18193072939515e22adb298388d';
const SECRET_SIGNATURE = '1b47061264138c4ac30d75fd1eb44270';

/** Marks a value as secret for the engine (Pulumi SDK, runtime/rpc, specialSecretSig). */
export const secret = (value: Value): Properties => ({ [SIGNATURE_KEY]: SECRET_SIGNATURE, value });

const isSecret = (value: Value | undefined): value is Properties =>
  isObject(value) && value[SIGNATURE_KEY] === SECRET_SIGNATURE;

/** The value without the marks of secrets, at every depth. */
export function plain(value: Value): Value {
  if (isArray(value)) return value.map(plain);
  if (isSecret(value)) return plain(value['value'] ?? null);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner = null]) => [key, plain(inner)]));
}

const holdsSecret = (value: Value | undefined): boolean => {
  if (isArray(value)) return value.some(holdsSecret);
  return isSecret(value) || (isObject(value) && Object.values(value).some(holdsSecret));
};

/** Marks as secret what is secret in `marked` at the same place; a list of another length as a whole. */
export function marking(value: Value, marked: Value | undefined): Value {
  if (isSecret(marked)) return secret(value);
  if (isObject(value) && isObject(marked))
    return Object.fromEntries(Object.entries(value).map(([key, inner = null]) => [key, marking(inner, marked[key])]));
  if (!isArray(value) || !isArray(marked)) return value;
  if (value.length !== marked.length) return holdsSecret(marked) ? secret(value) : value;
  return value.map((one, index) => marking(one, marked[index]));
}

export const isObject = (value: unknown): value is Properties =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isArray = (value: unknown): value is readonly Value[] => Array.isArray(value);

/** Drops keys whose value is undefined or null, at every depth: on the wire both mean absent. */
export function compact(value: Value): Value {
  if (isArray(value)) return value.map(compact);
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(
    (entry): entry is [string, Value] => entry[1] !== undefined && entry[1] !== null,
  );
  return Object.fromEntries(entries.map(([key, inner]) => [key, compact(inner)]));
}

/** The value at a dotted path; undefined when a step is missing. */
export const at = (properties: Properties, path: string): Value | undefined =>
  path.split('.').reduce<Value | undefined>((value, key) => (isObject(value) ? value[key] : undefined), properties);

/** A copy with `value` at a dotted path; objects on the way are made. */
export function withAt(properties: Properties, path: string, value: Value): Properties {
  const [key = '', ...rest] = path.split('.');
  if (rest.length === 0) return { ...properties, [key]: value };
  const inner = properties[key];
  return { ...properties, [key]: withAt(isObject(inner) ? inner : {}, rest.join('.'), value) };
}
