import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

const CHECKOUT = resolve(__dirname, '../../..');
const PACK = join(CHECKOUT, 'infra/policies/pack');

interface Outcome {
  readonly code: number;
  readonly output: string;
}

let project: string;

/** Runs the real engine with the pack, on a program of its own. */
const preview = (program: string): Promise<Outcome> => {
  writeFileSync(join(project, 'index.js'), program);
  const env = {
    ...process.env,
    PULUMI_BACKEND_URL: `file://${project}`,
    PULUMI_HOME: join(project, 'home'),
    PULUMI_CONFIG_PASSPHRASE: 'of this test',
    PULUMI_SKIP_UPDATE_CHECK: '1',
  };
  const pulumi = (...args: string[]): Promise<Outcome> =>
    new Promise((done) => {
      execFile('pulumi', [...args, '--non-interactive'], { cwd: project, env }, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code) : 0, output: stripVTControlCharacters(stdout + stderr) }),
      );
    });
  return pulumi('stack', 'select', '--create', 'dev').then(() => pulumi('preview', '--policy-pack', PACK));
};

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), 'policies-'));
  mkdirSync(join(project, 'home'));
  symlinkSync(join(CHECKOUT, 'node_modules'), join(project, 'node_modules'));
  writeFileSync(join(project, 'Pulumi.yaml'), 'name: tiny\nruntime: nodejs\n');
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'tiny', main: 'index.js' }));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

it('is what has been compiled: nothing beside the folder takes its name', () => {
  expect(require.resolve(PACK)).toBe(join(CHECKOUT, 'dist/infra/policies/policy-pack.js'));
});

const programOf = (sku: string, policies: unknown): string => `
  const resources = require('@pulumi/azure-native/resources');
  const iothub = require('@pulumi/azure-native/iothub');
  const { name } = new resources.ResourceGroup('g', { location: 'westeurope' });
  new iothub.IotHubResource('hub', {
    resourceGroupName: name,
    sku: { name: '${sku}', capacity: 1 },
    properties: { minTlsVersion: '1.2', authorizationPolicies: ${JSON.stringify(policies)} },
  });
`;

it('refuses a program that breaks rules, names resource and property, and makes nothing', async () => {
  const { code, output } = await preview(programOf('B1', [{ keyName: 'iothubowner', rights: 'ServiceConnect' }]));

  expect(code).not.toBe(0);
  expect(output).toContain('[mandatory]  no-owner-policy  (azure-native:iothub:IotHubResource: hub)');
  expect(output).toContain('properties.authorizationPolicies: "iothubowner" may do everything');
  expect(output).toContain('sku.name: "B1" has no twins, methods and jobs');
});

it('lets a program be that keeps the rules, though a preview does not know every value', async () => {
  const { code, output } = await preview(programOf('S1', []));

  expect(code).toBe(0);
  expect(output).not.toContain('Policy Violations');
});
