import { isArray, isObject, UNKNOWN, type Value } from '../values';
import { isRequired, type Members, type Shape, shapeOf } from './schema';

/** What is wrong with an input, and where: `properties.routing.routes[0]`. */
export interface Problem {
  readonly path: string;
  readonly reason: string;
}

const kindOf = (value: Value): string => {
  if (isArray(value)) return 'list';
  return isObject(value) ? 'object' : typeof value;
};

/** Keys by which the engine marks assets, archives and secrets (Pulumi SDK, runtime/rpc). */
const isMarked = (key: string): boolean => key === '4dabf18193072939515e22adb298388d';

function* within(shape: Shape, value: Value, path: string): Generator<Problem> {
  if (value === UNKNOWN || shape.kind === 'any') return;
  const found = kindOf(value);
  if (shape.kind === 'list' && isArray(value)) {
    for (const [index, one] of value.entries()) yield* within(shape.of, one, `${path}[${index}]`);
  } else if (shape.kind === 'map' && isObject(value)) {
    for (const [key, one] of Object.entries(value)) yield* within(shape.of, one ?? null, `${path}.${key}`);
  } else if (shape.kind === 'object' && isObject(value)) {
    yield* problemsOf(shape.members, value, path, shape.name.replace(/^.*\.|Args$/g, ''));
  } else if (found !== shape.kind && value !== null) {
    yield { path, reason: `should be of type '${shape.kind}' but got '${found}'` };
  }
}

/**
 * What does not fit the declarations of the SDK: members that it does not have, values of another kind, and what is
 * required and missing. Values that a preview does not know yet fit.
 *
 * @param typeName for the message
 */
export function* problemsOf(
  members: Members,
  value: Readonly<Record<string, Value | undefined>>,
  path: string,
  typeName: string,
): Generator<Problem> {
  const placeOf = (name: string): string => (path === '' ? name : `${path}.${name}`);
  for (const [name, short] of Object.entries(members)) {
    const isMissing = value[name] === undefined || value[name] === null;
    if (isMissing && isRequired(short))
      yield { path: placeOf(name), reason: `missing required property '${placeOf(name)}'` };
  }
  for (const [name, inner] of Object.entries(value)) {
    const short = members[name];
    if (short === undefined) {
      if (isMarked(name)) return;
      const known = Object.keys(members).join(', ');
      yield { path: placeOf(name), reason: `is no property of ${typeName}, which has ${known}` };
    } else if (inner !== undefined) yield* within(shapeOf(short), inner, placeOf(name));
  }
}
