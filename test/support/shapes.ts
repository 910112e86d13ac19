import fc from 'fast-check';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const deep = (depth: number): Json => (depth === 0 ? 1 : { a: deep(depth - 1) });

/** What no field is meant to hold, or only some. Texts of JSON, so that `__proto__` and 1e999 can be said. */
export const ODD_VALUES: readonly string[] = [
  ...[
    'null',
    'true',
    '0',
    '-1',
    '1.5',
    '1e999',
    '-1e999',
    '9007199254740993',
    '""',
    '"\\u0000"',
    '"\\ud800"',
    '[]',
    '{}',
  ],
  ...['[null]', '[[[]]]', '{"__proto__":{"polluted":1}}', '{"constructor":{"prototype":{"polluted":1}}}'],
  ...['{"toString":1,"hasOwnProperty":1,"length":-1}', '"__proto__"', '"constructor"', '"x y/../z?#%"'],
  ...[JSON.stringify(deep(30)), JSON.stringify('x'.repeat(5000)), JSON.stringify(Array(200).fill('x'))],
];

/** A marker that no body holds otherwise. */
const HERE = '@@here@@';

/**
 * Every text that a body becomes when one of its values, at any depth, is an odd one or is left out; the whole body, too.
 *
 * @param body an object, an array or a value
 */
export function oddBodies(body: Json): string[] {
  return placesOf(body).flatMap((place) => [
    ...ODD_VALUES.map((odd) => JSON.stringify(put(body, place, HERE)).replace(JSON.stringify(HERE), () => odd)),
    textOf(put(body, place, undefined)),
  ]);
}

/** The whole body left out is no text at all. */
const textOf = (body: Json | undefined): string => (body === undefined ? '' : JSON.stringify(body));

type Place = readonly (string | number)[];

function placesOf(value: Json): Place[] {
  if (typeof value !== 'object' || value === null) return [[]];
  const inner = Object.entries(value).flatMap(([key, each]: [string, Json]) =>
    placesOf(each).map((place): Place => [Array.isArray(value) ? Number(key) : key, ...place]),
  );
  return [[], ...inner];
}

function put(value: Json, [step, ...rest]: Place, replacement: Json | undefined): Json | undefined {
  if (step === undefined) return replacement;
  if (Array.isArray(value))
    return value.map((each: Json, i) => (i === step ? (put(each, rest, replacement) ?? null) : each));
  const object = value as Readonly<Record<string, Json>>; // a place has steps only where there is something below
  return Object.fromEntries(
    Object.entries(object).map(([key, each]) => [key, key === step ? put(each, rest, replacement) : each]),
  ) as Json;
}

/** Texts for a segment of a path, already encoded or not at all. */
export const oddSegments: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => encodeURIComponent(text)),
  fc.constantFrom(
    '..',
    '.',
    '%2e%2e',
    '%2F',
    '%00',
    '%',
    '%E0%A4',
    '__proto__',
    'constructor',
    'x'.repeat(2000),
    ';',
    '*',
  ),
);
