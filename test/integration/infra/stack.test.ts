import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { IotHubClient } from '@azure/arm-iothub';
import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { Registry } from 'azure-iothub';

const CHECKOUT = resolve(__dirname, '../../..');
const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const STACK = `test-${randomBytes(4).toString('hex')}`;
/** `stack init` writes it into the checkout; it is moved to the test's own folder. */
const SETTINGS = `Pulumi.${STACK}.yaml`;
const credential = new DefaultAzureCredential();
const { iotHubResource: hubs } = new IotHubClient(credential, SUBSCRIPTION, {
  endpoint: 'https://management.azure.test',
});

interface Result {
  readonly code: number | null;
  readonly text: string;
}
interface Outputs {
  readonly hubs: Readonly<
    Record<string, { hostName: string; sku: { name: string; units: number }; connectionString: string }>
  >;
  readonly ledger: { blobEndpoint: string; container: string };
}
interface Resource {
  readonly type: string;
  readonly id?: string;
  readonly urn: string;
  readonly protect?: boolean;
}

let folder: string;
/** Everything that the engine printed, in any of the runs. */
let printed = '';
const eventLogs: string[] = [];

function pulumi(...args: string[]): Promise<Result> {
  const env = {
    ...process.env,
    PULUMI_BACKEND_URL: `file://${folder}/backend`,
    PULUMI_HOME: join(folder, 'home'),
    PULUMI_CONFIG_PASSPHRASE: 'of this test',
    PULUMI_SKIP_UPDATE_CHECK: '1',
    PULUMI_DEBUG_COMMANDS: '1', // unlocks --event-log
  };
  const child = spawn('pulumi', [...args, '--non-interactive'], { cwd: CHECKOUT, env });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return new Promise((done, failed) => {
    child.once('error', (cause) => failed(new Error('pulumi is not on PATH: `npm test` puts it there', { cause })));
    child.once('close', (code) => {
      printed += text;
      done({ code, text });
    });
  });
}

const onStack = ['--stack', STACK];
const withConfig = () => [...onStack, '--config-file', join(folder, SETTINGS)];
const configure = (key: string, value: string) => pulumi('config', 'set', `groundswell:${key}`, value, ...withConfig());
const up = (...args: string[]) => {
  eventLogs.push(join(folder, `events-${eventLogs.length}.json`));
  const log = ['--event-log', eventLogs.at(-1) ?? ''];
  return pulumi('up', '--yes', '--skip-preview', ...log, ...withConfig(), ...args);
};

async function outputs(): Promise<Outputs> {
  const { text } = await pulumi('stack', 'output', '--json', '--show-secrets', ...onStack);
  printed = printed.replace(text, ''); // asked for in plain
  return JSON.parse(text) as Outputs;
}

async function state(): Promise<{ text: string; resources: Resource[] }> {
  const { text } = await pulumi('stack', 'export', ...onStack);
  const { deployment } = JSON.parse(text) as { deployment: { resources?: Resource[] } };
  return { text, resources: deployment.resources ?? [] };
}

const hubNameOf = ({ hubs: all }: Outputs, logicalName: string): string =>
  all[logicalName]?.hostName.split('.', 1)[0] ?? '';
const idOf = (resources: readonly Resource[], type: string): string =>
  resources.find((resource) => resource.type === `azure-native:${type}`)?.id ?? '';
const groupOf = (resources: readonly Resource[]): string =>
  idOf(resources, 'resources:ResourceGroup').split('/').at(-1) ?? '';

/** In the order of the story: a stack's life is one sequence, and the engine is too slow to tell it anew each time. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stack-'));
  await mkdir(join(folder, 'backend'));
  const init = await pulumi('stack', 'init', STACK);
  expect(init).toExitWith(0);
  await copyFile(join(CHECKOUT, SETTINGS), join(folder, SETTINGS));
  await rm(join(CHECKOUT, SETTINGS));
});
afterAll(async () => {
  await pulumi('destroy', '--yes', ...withConfig());
  await rm(folder, { recursive: true, force: true });
});

it('refuses a configuration with two mistakes, and names both', async () => {
  await configure('protect', 'maybe');
  await configure('locaton', 'westeurope');

  const refused = await up();
  await pulumi('config', 'rm', 'groundswell:locaton', ...withConfig());
  await configure('protect', 'true');
  await configure('auth', 'sas'); // the other way to sign in has a test of its own

  expect(refused.code).not.toBe(0);
  expect(refused.text).toContain('groundswell:protect');
  expect(refused.text).toContain('locaton');
});

it('makes a hub and a ledger from a configuration of one line, which the official clients can use', async () => {
  const made = await up();
  const { hubs: all, ledger } = await outputs();

  expect(made).toExitWith(0);
  expect(all['main']).toMatchObject({ sku: { name: 'S1', units: 1 } });
  const registry = Registry.fromConnectionString(all['main']?.connectionString ?? '');
  expect((await registry.create({ deviceId: 'door-1' })).responseBody).toMatchObject({ deviceId: 'door-1' });
  const container = new BlobServiceClient(ledger.blobEndpoint, credential).getContainerClient(ledger.container);
  await container.getBlockBlobClient('plan').upload('x', 1);
  expect(await container.getBlockBlobClient('plan').exists()).toBe(true);
});

it('gives the hub no policy but the one with three rights', async () => {
  const name = hubNameOf(await outputs(), 'main');
  const { resources } = await state();

  const found: unknown[] = [];
  for await (const { keyName, rights } of hubs.listKeys(groupOf(resources), name)) found.push({ keyName, rights });

  expect(found).toEqual([
    { keyName: 'serviceAndRegistryReadWrite', rights: 'RegistryRead, RegistryWrite, ServiceConnect' },
  ]);
});

it('changes nothing the second time', async () => {
  const again = await up('--expect-no-changes');

  expect(again).toExitWith(0);
});

it('protects hubs and storage unless the configuration says otherwise', async () => {
  const { resources } = await state();
  const refused = await pulumi('destroy', '--yes', ...withConfig());

  const isProtected = (type: string) =>
    resources.filter((one) => one.type === `azure-native:${type}`).map((one) => one.protect);
  expect(isProtected('iothub:IotHubResource')).toEqual([true]);
  expect(isProtected('storage:StorageAccount')).toEqual([true]);
  expect(refused.code).not.toBe(0);
  expect(refused.text).toContain('protect');
});

it('updates the SKU in place and adds a hub beside the first', async () => {
  await configure('protect', 'false');
  await configure('hubs', '{"main":{"sku":"S2","units":2},"east":{}}');
  const before = await outputs();

  const changed = await up();
  const after = await outputs();

  expect(changed).toExitWith(0);
  expect(after.hubs['main']).toEqual({ ...before.hubs['main'], sku: { name: 'S2', units: 2 } });
  expect(after.hubs['east']?.hostName).not.toBe(after.hubs['main']?.hostName);
});

it('sees what was changed by hand, and puts it right', async () => {
  const name = hubNameOf(await outputs(), 'main');
  const group = groupOf((await state()).resources);
  const { location } = await hubs.get(group, name);
  const byHand = { location, sku: { name: 'S2', capacity: 5 }, tags: { by: 'hand' } };
  await hubs.beginCreateOrUpdateAndWait(group, name, byHand, { updateIntervalInMs: 10 });

  const seen = await pulumi('preview', '--refresh', '--expect-no-changes', ...withConfig());
  const mended = await up('--refresh');
  const hub = await hubs.get(group, name);

  expect(seen.code).not.toBe(0);
  expect(mended).toExitWith(0);
  expect(hub).toMatchObject({ sku: { name: 'S2', capacity: 2 }, tags: { project: 'groundswell', stack: STACK } });
  expect(hub.tags).not.toHaveProperty('by');
});

it('makes again what was deleted by hand', async () => {
  const name = hubNameOf(await outputs(), 'east');
  const group = groupOf((await state()).resources);
  await hubs.beginDeleteAndWait(group, name, { updateIntervalInMs: 10 });

  const mended = await up('--refresh');

  expect(mended).toExitWith(0);
  await hubs.get(group, hubNameOf(await outputs(), 'east'));
});

it('shows no key in plain: not in state, output, or event log', async () => {
  const all = await outputs();
  const { text, resources } = await state();
  const log = (await Promise.all(eventLogs.map((file) => readFile(file, 'utf8')))).join('\n');

  const keys: string[] = [];
  for (const logicalName of ['main', 'east']) {
    for await (const policy of hubs.listKeys(groupOf(resources), hubNameOf(all, logicalName))) {
      keys.push(policy.primaryKey ?? '', policy.secondaryKey ?? '');
    }
  }

  expect(keys.filter((key) => key.length > 40)).toHaveLength(4);
  expect(log).toContain('resOutputsEvent');
  const shownIn = { state: text, output: printed, log };
  const leaks = Object.entries(shownIn).filter(([, place]) => keys.some((key) => place.includes(key)));
  expect(leaks.map(([name]) => name)).toEqual([]); // names only: a failure must not print the keys either
});

it('leaves nothing behind when it is destroyed', async () => {
  const group = groupOf((await state()).resources);

  const destroyed = await pulumi('destroy', '--yes', ...withConfig());

  expect(destroyed).toExitWith(0);
  expect((await state()).resources.filter(({ type }) => type.startsWith('azure-native'))).toEqual([]);
  const left: unknown[] = [];
  for await (const hub of hubs.listBySubscription()) left.push(hub.id);
  expect(left.filter((id) => String(id).includes(`/${group}/`))).toEqual([]);
});
