import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';

/**
 * Writes what is made from the rollout spec's schema in code: the JSON Schema, and the tables of docs/spec.md. Tests hold
 * both against the code. Needs a build: `npm run generate` makes it.
 */
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const STYLE = { printWidth: 120, singleQuote: true };
const require = createRequire(import.meta.url);
const { rolloutSchema } = require('../dist/spec/rollout/json-schema.js');
const { specReference, withReference } = require('../dist/spec/rollout/reference.js');

async function write(path, text, parser) {
  writeFileSync(join(ROOT, path), await format(text, { ...STYLE, parser }));
  console.log(path);
}

await write('schemas/rollout.v1.schema.json', JSON.stringify(rolloutSchema()), 'json');
await write(
  'docs/spec.md',
  withReference(readFileSync(join(ROOT, 'docs/spec.md'), 'utf8'), specReference()),
  'markdown',
);
