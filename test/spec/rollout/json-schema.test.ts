import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv2020 from 'ajv/dist/2020';
import { parse } from 'yaml';
import { specTemplate } from '../../../cli/rollout/template';
import { rolloutSchema } from '../../../spec/rollout/json-schema';
import { parseRolloutSpec } from '../../../spec/rollout/parse';

const ROOT = join(__dirname, '../../..');
const FILE = join(ROOT, 'schemas/rollout.v1.schema.json');

const published = JSON.parse(readFileSync(FILE, 'utf8')) as object;
const validate = new Ajv2020({ allErrors: true, strict: true, strictRequired: false, allowUnionTypes: true }).compile(
  published,
);

it('is published as the code has it; `npm run generate` writes it anew', () => {
  // Undefined fields do not survive being written.
  expect(published).toEqual(JSON.parse(JSON.stringify(rolloutSchema())));
});

const examples = ['examples', 'examples/rollouts'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(folder, name)),
);
const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8');

it.each(examples)('takes %s', (file) => {
  expect(validate(parse(textOf(file))) ? [] : validate.errors).toEqual([]);
});

it.each(['method', 'twin', 'migrate'] as const)('takes what init writes for a %s', (action) => {
  expect(validate(parse(specTemplate('a', action, 'x'))) ? [] : validate.errors).toEqual([]);
});

const GOOD = textOf('examples/rollouts/rings.yaml');
const COHORTS = textOf('examples/rollouts/cohorts-at-night.yaml');
const DIRECT = textOf('examples/rollouts/ramp-direct.yaml');

/** Mistakes that both the schema for editors and the one in code must see. */
it.each<[string, string, string, string]>([
  ['another version', GOOD, 'groundswell/v1', 'groundswell/v2'],
  ['a name with capitals', GOOD, 'name: firmware-rings', 'name: Firmware'],
  ['no name', GOOD, 'name: firmware-rings', ''],
  ['an unknown field', GOOD, 'onBreach: rollback', 'colour: red'],
  ['an unknown nested field', GOOD, 'successTarget: 98%', 'successTargets: 98%'],
  ['two ways to say which devices', GOOD, "where: tags.model = 'pump-3'", 'where: "*"\n  devices: [a]'],
  ['no way to say which devices', GOOD, "where: tags.model = 'pump-3'", ''],
  ['no hub', GOOD, 'hubs: [west, north]', 'hubs: []'],
  ['a hub twice', GOOD, 'hubs: [west, north]', 'hubs: [west, west]'],
  ['a percentage without its sign', GOOD, 'successTarget: 98%', 'successTarget: 98'],
  ['a duration without a unit', GOOD, 'soak: 1d', 'soak: 10'],
  ['a duration of another unit', GOOD, 'soak: 1d', 'soak: 1w'],
  ['a bound without a comparison', GOOD, "'< 0.01'", "'0.01'"],
  ['a secret itself', GOOD, 'GROUNDSWELL_SECRET_DESK', 'hunter2'],
  ['a URL without TLS', GOOD, 'https://desk', 'http://desk'],
  ['a URL with a password', GOOD, 'https://desk', 'https://ana:pw@desk'],
  ['a ring that is no rest', GOOD, 'rest: true }', 'rest: false }'],
  ['a ring with two conditions', GOOD, 'rest: true }', 'rest: true, where: a }'],
  ['another word on breach', GOOD, 'onBreach: rollback', 'onBreach: explode'],
  ['waves of no kind', GOOD, 'rings:', 'circles:'],
  ['a cron of six fields', COHORTS, 'opens: 0 1 * * TUE-FRI', 'opens: 0 0 1 * * TUE-FRI'],
  ['two zones', COHORTS, 'timeZoneTag: place.timeZone', 'timeZoneTag: a\n  timeZone: UTC'],
  ['a date of another form', COHORTS, '2026-11-27', '27.11.2026'],
  ['an unknown notice', COHORTS, 'on: [held, breached', 'on: [hold, breached'],
  ['half a yes', COHORTS, 'offline: true', 'offline: maybe'],
  ['a word for others', COHORTS, 'others: last', 'others: first'],
  ['a batch of none', DIRECT, 'size: 10', 'size: 0'],
  ['half a device', DIRECT, 'first: 20', 'first: 0.5'],
  ['eleven attempts', DIRECT, 'attempts: 3', 'attempts: 11'],
  ['a priority of 0', DIRECT, 'priority: 2', 'priority: 0'],
  ['two actions', DIRECT, 'action:\n  method', 'action:\n  twin: { tags: { a: 1 } }\n  method'],
])('refuses %s, as the command line does', (_name, good, from, to) => {
  const broken = good.replace(from, to);

  expect(broken).not.toBe(good);
  expect(validate(parse(broken))).toBe(false);
  expect(parseRolloutSpec(broken).kind).toBe('invalid');
});
