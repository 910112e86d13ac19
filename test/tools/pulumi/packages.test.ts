import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programDependencies, requiredPlugins } from '../../../tools/pulumi/packages';
import { temporaryFolder } from '../fake-tool';

let root: string;

beforeEach(() => {
  root = temporaryFolder();
  write('.', { name: 'program', dependencies: { '@pulumi/azure-native': '*' }, devDependencies: { jest: '*' } });
  write('node_modules/@pulumi/azure-native', {
    name: '@pulumi/azure-native',
    version: '3.28.0',
    pulumi: { resource: true },
  });
  write('node_modules/jest', { name: 'jest', version: '30.0.0' });
  write('node_modules/left-pad', { name: 'left-pad', version: '1.0.0' });
  const parameterization = { name: 'cdn', version: '1.2.3', value: Buffer.from('{"a":1}').toString('base64') };
  const bridge = {
    resource: true,
    name: 'terraform-provider',
    version: '0.9.0',
    server: 'https://plugins.test',
    parameterization,
  };
  write('node_modules/cdn', { name: 'cdn', version: '1.2.3', pulumi: bridge });
});

afterEach(() => rmSync(root, { recursive: true }));

function write(folder: string, manifest: object): void {
  mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, folder, 'package.json'), JSON.stringify(manifest));
}

it('finds the plugins of installed packages from a program folder below the project', () => {
  const parameterization = { name: 'cdn', version: '1.2.3', value: Buffer.from('{"a":1}') };

  expect(requiredPlugins(join(root, 'dist', 'infra'))).toEqual([
    { name: 'azure-native', version: 'v3.28.0' },
    { name: 'terraform-provider', version: 'v0.9.0', server: 'https://plugins.test', parameterization },
  ]);
});

it('tells the dependencies that the project names apart from all that is installed', () => {
  const names = (transitive: boolean) => programDependencies(root, transitive).map(({ name }) => name);

  expect(names(false)).toEqual(['@pulumi/azure-native', 'jest']);
  expect(names(true)).toEqual(['@pulumi/azure-native', 'cdn', 'jest', 'left-pad']);
});
