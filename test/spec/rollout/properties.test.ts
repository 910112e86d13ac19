import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import { parse } from 'yaml';
import { rolloutSchema } from '../../../spec/rollout/json-schema';
import { lintRolloutSpec } from '../../../spec/rollout/lint';

const FOLDER = join(__dirname, '../../../examples/rollouts');
const EXAMPLES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => parse(readFileSync(join(FOLDER, name), 'utf8')) as unknown);

const validate = new Ajv2020({ strict: false }).compile(rolloutSchema());
const find = (root: unknown) => lintRolloutSpec(JSON.stringify(root), () => 'a\nb\n');

type Node = Record<string, unknown>;
const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** All places in a document. */
const placesIn = (value: unknown): (readonly string[])[] =>
  isNode(value)
    ? Object.entries(value).flatMap(([key, item]) => [[key], ...placesIn(item).map((path) => [key, ...path])])
    : [];

function changed(root: unknown, [key, ...rest]: readonly string[], to: unknown): unknown {
  if (key === undefined || !isNode(root)) return to;
  const copy = (Array.isArray(root) ? [...root] : { ...root }) as Node;
  const next = changed(copy[key], rest, to);
  if (next === undefined) Reflect.deleteProperty(copy, key);
  else copy[key] = next;
  return Array.isArray(copy) ? copy.filter((item) => item !== undefined) : copy;
}

/** Values that some field or other takes, and what none does. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    true,
    false,
    0,
    1,
    2,
    100,
    1.5,
    -1,
    '',
    '5%',
    '0%',
    '100%',
    '101%',
    '0s',
    '30s',
    '2h',
  ),
  fc.constantFrom<unknown>(
    '*',
    'rest',
    'hold',
    'rollback',
    'job',
    'last',
    'start',
    [],
    {},
    [1],
    ['rest'],
    'UTC',
    '2026-12-24',
  ),
  fc.constantFrom<unknown>(
    '0 1 * * *',
    '< 1',
    'https://a.example.com',
    'GROUNDSWELL_SECRET_A',
    { any: '1%' },
    { rest: true },
  ),
  fc.jsonValue({ maxDepth: 2 }),
);

const change = fc
  .constantFrom(...EXAMPLES)
  .chain((root) => fc.tuple(fc.constant(root), fc.constantFrom(...placesIn(root)), value))
  .map(([root, path, to]) => changed(root, path, to));

it('answers for any document, and what it takes the JSON Schema takes, too', () => {
  let taken = 0;
  fc.assert(
    fc.property(change, (root) => {
      const found = find(root);
      if (found.kind === 'invalid') return found.problems.length > 0;
      taken += 1;
      return validate(root);
    }),
    { numRuns: 400 },
  );

  expect(taken).toBeGreaterThan(20);
});

it('answers for any JSON', () => {
  fc.assert(fc.property(fc.jsonValue(), (root) => find(root).kind === 'invalid'));
});

it.each([
  ['an alias of nothing', 'name: *nobody'],
  [
    'aliases that grow beyond measure',
    `a: &a [x]\n${'bcdefgh'.replaceAll(
      /./g,
      (key) =>
        `${key}: &${key} [${Array(9)
          .fill(`*${String.fromCharCode(key.charCodeAt(0) - 1)}`)
          .join(', ')}]\n`,
    )}`,
  ],
  ['two documents', 'a: 1\n---\nb: 2'],
  ['a key twice', 'name: a\nname: b'],
  ['a prototype', '__proto__: { name: a }'],
  ['a key that is a list', '? [a]\n: b'],
  ['an unknown tag', 'name: !secret a'],
])('answers for %s', (_name, text) => expect(lintRolloutSpec(text).kind).toBe('invalid'));
