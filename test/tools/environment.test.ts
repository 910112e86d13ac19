import { rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { languageHost, pulumiEnvironment, withTools } from '../../tools/environment';
import type { Located } from '../../tools/types';
import { temporaryFolder, writeProgram } from './fake-tool';

let folder: string;
let pulumi: Located;

beforeEach(() => {
  folder = temporaryFolder();
  const path = writeProgram(join(folder, 'pulumi'), 'pulumi', 'v3.250.0');
  pulumi = { tool: 'pulumi', path, version: '3.250.0', source: 'cache' };
});

afterEach(() => rmSync(folder, { recursive: true }));

const ownHost = join(__dirname, '..', '..', 'tools', 'pulumi', 'bin', 'pulumi-language-nodejs');

it("takes this project's language host when pulumi came without one", () => {
  expect(languageHost(pulumi, { PATH: '' })).toEqual({ path: ownHost, source: 'groundswell' });
  expect(pulumiEnvironment(pulumi, { PATH: '' }).path).toContain(dirname(ownHost));
});

it('leaves the official language host alone, beside pulumi or on PATH', () => {
  const elsewhere = join(folder, 'elsewhere');
  const onPath = writeProgram(elsewhere, 'pulumi-language-nodejs', '');

  expect(languageHost(pulumi, { PATH: [dirname(ownHost), elsewhere].join(delimiter) }).path).toBe(onPath);

  const beside = writeProgram(dirname(pulumi.path), 'pulumi-language-nodejs', '');
  expect(languageHost(pulumi, { PATH: elsewhere })).toEqual({ path: beside, source: 'official' });
  expect(pulumiEnvironment(pulumi, { PATH: '' }).path).not.toContain(dirname(ownHost));
});

it('puts tools in front of PATH once, however often it is applied', () => {
  const tools = pulumiEnvironment(pulumi, { PATH: '' });

  const once = withTools({ PATH: '/usr/bin', KEPT: 'yes' }, tools);

  expect(once).toMatchObject({ KEPT: 'yes', PULUMI_SKIP_UPDATE_CHECK: 'true' });
  expect(once['PATH']).toBe([...tools.path, '/usr/bin'].join(delimiter));
  expect(withTools(once, tools)).toEqual(once);
});
