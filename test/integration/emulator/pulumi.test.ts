import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { IotHubClient } from '@azure/arm-iothub';
import { DefaultAzureCredential } from '@azure/identity';
import type { IotHubResourceArgs } from '@pulumi/azure-native/iothub';

import { azureProgram, MODULES, type Settings } from '../../support/azure-program';

const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const CHECKOUT = resolve(__dirname, '../../..');
const FAST = { updateIntervalInMs: 10 };
const { iotHubResource: hubs } = new IotHubClient(new DefaultAzureCredential(), SUBSCRIPTION, {
  endpoint: 'https://management.azure.test',
});

interface Outputs {
  readonly group: string;
  readonly hub: string;
  readonly hubId: string;
  readonly sameHub: string;
  readonly hostName: string;
  readonly idScope: string;
  readonly container: string;
  readonly site: string;
  readonly hostKey: string;
  readonly signalr: string;
  readonly insights: string;
}
interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly inputs?: Record<string, unknown>;
  readonly outputs?: { readonly properties?: Record<string, unknown> };
}

let project: string;

/** One run of the real engine, on the project of this test. */
function pulumi(...args: string[]): Promise<{ readonly code: number | null; readonly text: string }> {
  const env = {
    ...process.env,
    PULUMI_BACKEND_URL: `file://${project}/backend`,
    PULUMI_HOME: join(project, 'home'),
    PULUMI_CONFIG_PASSPHRASE: 'of this test',
    PULUMI_SKIP_UPDATE_CHECK: '1',
  };
  const child = spawn('pulumi', [...args, '--non-interactive'], { cwd: project, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((done, failed) => {
    child.once('error', (cause) => failed(new Error('pulumi is not on PATH: `npm test` puts it there', { cause })));
    child.once('close', (code) => done({ code, text: stripVTControlCharacters(text) }));
  });
}
const up = (...args: string[]) => pulumi('up', '--yes', '--skip-preview', ...args);

const program = (settings: Settings) => {
  const modules = MODULES.map((name) => `${name}: require('@pulumi/azure-native/${name}')`).join(', ');
  const call = `(${azureProgram.toString()})(require('@pulumi/pulumi'), { ${modules} }, ${JSON.stringify(settings)})`;
  return writeFile(join(project, 'index.js'), `module.exports = ${call};\n`);
};

async function outputs(): Promise<Outputs> {
  const { text } = await pulumi('stack', 'output', '--json');
  return JSON.parse(text.slice(text.indexOf('{'))) as Outputs;
}

async function state(): Promise<readonly Resource[]> {
  const { text } = await pulumi('stack', 'export');
  const { deployment } = JSON.parse(text) as { deployment: { resources?: Resource[] } };
  return deployment.resources ?? [];
}

async function hubsLeft(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of hubs.listBySubscription()) names.push(name ?? '');
  return names.filter((name) => /^(hub|adopted)[0-9a-f]{8}$|^byhand-/.test(name));
}

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'azure-program-'));
  await mkdir(join(project, 'backend'));
  await symlink(join(CHECKOUT, 'node_modules'), join(project, 'node_modules'));
  await writeFile(join(project, 'package.json'), '{"name":"everything","dependencies":{"@pulumi/pulumi":"*"}}');
  await writeFile(join(project, 'Pulumi.yaml'), 'name: everything\nruntime: nodejs\n');
  expect(await pulumi('stack', 'init', 'dev')).toExitWith(0);
});
afterAll(async () => {
  await pulumi('destroy', '--yes', '--skip-preview');
  await rm(project, { recursive: true, force: true });
});

/** In the order of the story: the engine is too slow to tell a stack's life anew each time. */
it('makes nothing in a preview, and every type in an update', async () => {
  await program({});

  const previewed = await pulumi('preview');
  const left = await hubsLeft();
  const made = await up();

  expect(previewed).toMatchObject({ code: 0, text: expect.stringMatching(/\+ 25 to create/) as string });
  expect(left).toEqual([]);
  expect(made).toMatchObject({ code: 0, text: expect.stringMatching(/\+ 25 created/) as string });
});

it('gives programs what they read, and keeps as secret what came from one, and nothing beside it', async () => {
  const all = await outputs();
  const service = (await state()).find(({ type }) => type.endsWith(':IotDpsResource'));

  expect(service?.outputs?.properties).toMatchObject({
    idScope: expect.stringMatching(/^0ne[0-9A-F]{8}$/) as string,
    iotHubs: [{ allocationWeight: 1, connectionString: { ciphertext: expect.any(String) as string } }],
  });
  expect(all).toMatchObject({
    sameHub: all.hubId,
    hostName: `${all.hub}.azure-devices.test`,
    idScope: '[secret]', // the SDK makes all of `properties` secret when a link's key in it is
    container: '$web',
    site: expect.stringMatching(/^functions[0-9a-f]{8}\.azurewebsites\.test$/) as string,
    hostKey: '[secret]',
    signalr: expect.stringMatching(/\.service\.signalr\.test$/) as string,
    insights: expect.stringMatching(/^InstrumentationKey=[0-9a-f-]{36};/) as string,
  });
});

it('changes nothing the second time, also after a refresh', async () => {
  expect(await up('--refresh', '--expect-no-changes')).toExitWith(0);
});

it('updates in place, and replaces what no update can change', async () => {
  await program({ isChanged: true });
  const { hubId } = await outputs();

  const changed = await up('--diff');
  const after = await outputs();

  expect(changed).toMatchObject({ code: 0, text: expect.stringMatching(/~ 12 updated/) as string });
  expect(changed.text).toMatch(/\+-1 replaced/);
  expect(changed.text).toMatch(/~ name: "telemetry" => "events"/);
  expect(after.hubId).toBe(hubId);
});

it('shows by field what was changed by hand, also what was deleted, and puts it right', async () => {
  const { group, hub: name } = await outputs();
  const present = await hubs.get(group, name);
  const byHand = { ...present, sku: { name: 'S1', capacity: 7 }, tags: { by: 'hand' } };
  await hubs.beginCreateOrUpdateAndWait(group, name, byHand, FAST);
  await hubs.deleteEventHubConsumerGroup(group, name, 'events', 'events');

  const mended = await up('--refresh', '--diff');
  const { sku, tags } = await hubs.get(group, name);

  expect(mended.text).toMatch(/~ capacity: 7 => 2/);
  expect(mended.text).toMatch(/- by: "hand"/);
  expect(mended).toMatchObject({ code: 0, text: expect.stringMatching(/\+ 1 created/) as string });
  expect([sku.capacity, tags]).toEqual([2, {}]);
  await hubs.getEventHubConsumerGroup(group, name, 'events', 'events');
});

it('adopts what was made by hand, with inputs that change nothing', async () => {
  const { group } = await outputs();
  const name = `byhand-${Date.now().toString(36)}`;
  const described = { location: 'northeurope', sku: { name: 'S2', capacity: 1 }, properties: { comments: 'old' } };
  const { id } = await hubs.beginCreateOrUpdateAndWait(group, name, described, FAST);

  const flags = ['--generate-code=false', '--protect=false', '--yes', '--skip-preview'];
  const imported = await pulumi('import', 'azure-native:iothub:IotHubResource', 'adopted', id ?? '', ...flags);
  const { inputs } = (await state()).find(({ urn }) => urn.endsWith('::adopted')) ?? {};
  await program({ isChanged: true, adopted: inputs as unknown as IotHubResourceArgs });
  const again = await up('--expect-no-changes');

  expect(imported).toExitWith(0);
  expect(inputs).toMatchObject({ resourceName: name, location: 'northeurope', properties: { comments: 'old' } });
  expect(again).toExitWith(0);
});

it('refuses an input that the type does not have, and what Azure refuses, before anything else changes', async () => {
  const { inputs } = (await state()).find(({ urn }) => urn.endsWith('::adopted')) ?? {};
  const [unknown, tooMany] = [{ minTls: '1.2' }, {}].map((properties) => ({
    ...inputs,
    sku: { name: 'S2', capacity: 400 },
    properties,
  })) as unknown as [IotHubResourceArgs, IotHubResourceArgs];

  await program({ isChanged: true, adopted: unknown });
  const misspelt = await up();
  await program({ isChanged: true, adopted: tooMany });
  const refused = await up();

  expect(misspelt.text).toMatch(/properties\.minTls.*is no property of IotHubProperties/s);
  expect(refused.text).toContain('sku.capacity: S2 has at most 200 units, not 400');
  expect([misspelt.code, refused.code].every((code) => code !== 0)).toBe(true);
});

it('leaves nothing behind when it is destroyed', async () => {
  const destroyed = await pulumi('destroy', '--yes', '--skip-preview');

  expect(destroyed).toExitWith(0);
  expect((await state()).filter(({ type }) => type.startsWith('azure-native'))).toEqual([]);
  expect(await hubsLeft()).toEqual([]);
});
