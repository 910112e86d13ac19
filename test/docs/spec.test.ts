import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { annotatedSchema, type JsonSchema } from '../../spec/rollout/json-schema';
import { lintRolloutSpec } from '../../spec/rollout/lint';
import { specReference } from '../../spec/rollout/reference';

const ROOT = join(__dirname, '../..');
const PAGE = readFileSync(join(ROOT, 'docs/spec.md'), 'utf8');

/** prettier pads the cells of tables. */
const unpadded = (markdown: string): string => markdown.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---');

it('has the tables of docs/spec.md as the code has them; `npm run generate` writes them anew', () => {
  expect(unpadded(PAGE)).toContain(unpadded(specReference()));
});

const inFolder = (folder: string): { file: string; folder: string }[] =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => ({ file: join(folder, name), folder: join(ROOT, folder) }));

const lint = ({ file, folder }: { file: string; folder: string }) =>
  lintRolloutSpec(readFileSync(join(ROOT, file), 'utf8'), (path) => readFileSync(join(folder, path), 'utf8'));

it.each(inFolder('examples'))('finds no mistake in $file', (example) =>
  expect(lint(example)).toMatchObject({ kind: 'valid' }),
);

it.each(inFolder('examples/rollouts'))('finds neither mistakes nor warnings in $file', (example) =>
  expect(lint(example)).toMatchObject({ kind: 'valid', warnings: [] }),
);

it('finds no mistake in the specs that docs/spec.md shows', () => {
  const shown = [...PAGE.matchAll(/```yaml\n(apiVersion[^`]+)```/g)].map(([, text = '']) => lintRolloutSpec(text));

  expect(shown).toEqual([expect.objectContaining({ kind: 'valid' })]);
});

/** Every field of the schema, without the numbers of lists. */
function fieldsOf(schema: JsonSchema, path: string): string[] {
  if (schema.sameAs !== undefined) return [];
  const inner = [...(schema.anyOf ?? []), ...(schema.items ? [schema.items] : [])].flatMap((form) =>
    fieldsOf(form, path),
  );
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [at, ...fieldsOf(field, at)];
  });
  return [...inner, ...own];
}

function usedIn(value: unknown, path: string): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => usedIn(item, path));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]: [string, unknown]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return [at, ...usedIn(field, at)];
  });
}

it('shows every field of the spec in an example', () => {
  const examples = [...inFolder('examples'), ...inFolder('examples/rollouts')];
  const used = new Set(examples.flatMap(({ file }) => usedIn(parse(readFileSync(join(ROOT, file), 'utf8')), '')));

  expect(fieldsOf(annotatedSchema(), '').filter((field) => !used.has(field))).toEqual([]);
});
