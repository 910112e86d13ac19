import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { checkConfig, SECTIONS } from '../../infra/config';

const ROOT = join(__dirname, '../..');
const STACKS = join(ROOT, 'examples/stacks');

it.each(readdirSync(STACKS))('has a sound configuration in examples/stacks/%s', (file) => {
  const { config } = parse(readFileSync(join(STACKS, file), 'utf8')) as { config: Record<string, unknown> };
  const own = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.replace('groundswell:', ''), value]),
  );

  expect(checkConfig(own)).toMatchObject({ kind: 'valid' });
});

/** Places where an object may stand, each with a field that no schema has. */
const PROBES: readonly Record<string, unknown>[] = [
  { hubs: { west: { none: 1 } } },
  { hubs: { west: { network: { none: 1 } } } },
  { provisioning: { none: 1 } },
  { provisioning: { network: { none: 1 } } },
  { enrollmentGroups: { g: { none: 1 } } },
  { enrollments: { g: { none: 1 } } },
  { enrollmentGroups: { g: { attestation: { type: 'x509', none: 1 } } } },
  { enrollmentGroups: { g: { allocation: { none: 1 } } } },
  { enrollmentGroups: { g: { allocation: { custom: { none: 1 } } } } },
  { enrollmentGroups: { g: { initialTwin: { none: 1 } } } },
  { storage: { none: 1 } },
  { storage: { network: { none: 1 } } },
  { telemetry: { none: 1 } },
  { telemetry: { signIn: { none: 1 } } },
  { worker: { hosting: 'containerApp', none: 1 } },
  { worker: { hosting: 'containerApp', temporal: { none: 1 } } },
];

/** The page lists what groups and individual enrollments have alike once. */
const documentedAs = (path: string): string =>
  path
    .replace(/^hubs\.west/, 'hubs.<name>')
    .replace(/^enrollmentGroups\.g\.(attestation|allocation|initialTwin)\./, '$1.')
    .replace(/^enrollmentGroups\.g/, 'enrollmentGroups.<id>')
    .replace(/^enrollments\.g\.(?!deviceId)/, 'enrollmentGroups.<id>.')
    .replace(/^enrollments\.g/, 'enrollments.<id>');

/** The schema names the fields of an object when it refuses one that it does not know. */
function fieldsAt(probe: Record<string, unknown>): string[] {
  const checked = checkConfig(probe);
  const problem = checked.kind === 'invalid' && checked.problems.find(({ path }) => path.endsWith('.none'));
  if (!problem) throw new Error(`the probe ${JSON.stringify(probe)} meets no object`);
  const at = problem.path.slice(0, -'none'.length);
  return problem.allowed
    .replace('one of the fields ', '')
    .split(', ')
    .map((field) => documentedAs(`${at}${field}`));
}

it('documents every key of the configuration, and no other', () => {
  const page = readFileSync(join(ROOT, 'docs/infrastructure.md'), 'utf8');
  const [, tables = ''] = page.split('## Configuration');
  const documented = [...(tables.split('## Signing in')[0] ?? '').matchAll(/^\| `([^`]+)` /gm)].map(([, key]) => key);
  const ofSchema = new Set([...Object.keys(SECTIONS), ...PROBES.flatMap(fieldsAt)]);
  ofSchema.delete('storage'); // by its fields

  expect(documented.toSorted()).toEqual([...ofSchema].toSorted());
});
