import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeTornAttributes } from '../../../cli/stack/file-backend';

let backend: string;
let stacks: string;
beforeEach(async () => {
  backend = await mkdtemp(join(tmpdir(), 'backend-'));
  stacks = join(backend, '.pulumi/stacks/groundswell');
  await mkdir(stacks, { recursive: true });
  await writeFile(join(stacks, 'prod.json'), '{}');
});
afterEach(() => rm(backend, { recursive: true }));

it('removes attributes that a killed process has left empty, and nothing else', async () => {
  await writeFile(join(stacks, 'prod.json.attrs'), '');

  expect(await removeTornAttributes(`file://${backend}`, 'groundswell', 'prod')).toBe(true);
  expect(await readdir(stacks)).toEqual(['prod.json']);
});

it('leaves whole attributes, other stacks and other backends alone', async () => {
  await writeFile(join(stacks, 'prod.json.attrs'), '{"user.content_type":"application/json"}');
  await writeFile(join(stacks, 'dev.json.attrs'), '');

  expect(await removeTornAttributes(`file://${backend}`, 'groundswell', 'prod')).toBe(false);
  expect(await removeTornAttributes('s3://bucket', 'groundswell', 'dev')).toBe(false);
  expect(await readdir(stacks)).toHaveLength(3);
});
