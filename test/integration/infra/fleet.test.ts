import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { IotHubClient } from '@azure/arm-iothub';
import { DefaultAzureCredential } from '@azure/identity';
import { ProvisioningDeviceClient, type RegistrationResult } from 'azure-iot-provisioning-device';
import { Mqtt } from 'azure-iot-provisioning-device-mqtt';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';
import { X509Security } from 'azure-iot-security-x509';
import { parse, stringify } from 'yaml';
import { hostSettingsOf } from '../../../functions/local/host-settings';
import { streamSettingsOf } from '../../../functions/local/stream-settings';
import { parseStackOutputs, type StackOutputs } from '../../../spec/stack-outputs';
import { makeCertificate, type TestCertificate } from '../../support/certificates';
import { derivedKey } from '../../support/dps';
import { generatedKeys } from '../../support/generated-keys';

const CHECKOUT = resolve(__dirname, '../../..');
const STACK = `fleet-${randomBytes(4).toString('hex')}`;
/** Pulumi looks for it there; it is removed at the end. */
const SETTINGS = join(CHECKOUT, `Pulumi.${STACK}.yaml`);
const subscription = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const credential = new DefaultAzureCredential();
const { iotHubResource: hubs } = new IotHubClient(credential, subscription, {
  endpoint: 'https://management.azure.test',
});
let folder: string;
let group: string;
let fleet: StackOutputs;
let factory: TestCertificate;
let printed = '';
let isDestroyed = false;

interface Settings {
  config: Record<string, unknown>;
}
interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const environment = () => ({
  ...process.env,
  PULUMI_BACKEND_URL: `file://${folder}/backend`,
  PULUMI_HOME: join(folder, 'home'),
  PULUMI_CONFIG_PASSPHRASE: 'of this test',
  PULUMI_SKIP_UPDATE_CHECK: '1',
  PULUMI_STACK: STACK,
});

/** @param onOutput may kill what runs */
function run(
  command: string,
  args: string[],
  onOutput: (err: string, pid: number) => void = () => undefined,
): Promise<Run> {
  const child = spawn(command, args, { cwd: CHECKOUT, env: environment() });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => onOutput((err += chunk.toString()), child.pid ?? 0));
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => {
      if (!args.includes('--show-secrets')) printed += out + err;
      done({ code, out, err });
    });
  });
}

const groundswell = (...args: string[]) => run(process.execPath, [join(CHECKOUT, 'dist/cli/main.js'), ...args]);
const up = () => groundswell('up', '--json');
const changesOf = ({ out }: Run): unknown => (JSON.parse(out) as { changes: unknown }).changes;
/** The resources of one kind that an update has left as they are; an update that changes anything has more keys. */
const NOTHING_CHANGED = { same: expect.any(Number) as number };

async function configure(change: (config: Record<string, unknown>) => void): Promise<void> {
  const settings = parse(await readFile(SETTINGS, 'utf8')) as Settings;
  change(settings.config);
  await writeFile(SETTINGS, stringify(settings));
}

async function refreshOutputs(): Promise<void> {
  const { out } = await groundswell('outputs', '--show-secrets');
  fleet = parseStackOutputs(JSON.parse(out));
}

async function stateOf(): Promise<{ text: string; resources: { type: string; id?: string }[] }> {
  const { out: text } = await run('pulumi', ['stack', 'export', '--stack', STACK]);
  const { deployment } = JSON.parse(text) as { deployment: { resources?: { type: string; id?: string }[] } };
  return { text, resources: deployment.resources ?? [] };
}

async function hubsInAzure(): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of hubs.listByResourceGroup(group)) names.push(name ?? '');
  return names.sort();
}

const serviceOf = (): ProvisioningServiceClient =>
  ProvisioningServiceClient.fromTokenCredential(fleet.provisioning?.serviceHostName ?? '', credential);
const groupKey = async (id: string): Promise<string> =>
  (await serviceOf().getEnrollmentGroupAttestationMechanism(id)).responseBody.symmetricKey?.primaryKey ?? '';

const deviceKey = async (id: string): Promise<string> =>
  (await serviceOf().getIndividualEnrollmentAttestationMechanism(id)).responseBody.symmetricKey?.primaryKey ?? '';

/** @returns the logical name of the hub that the device was given */
async function register(security: SymmetricKeySecurityClient | X509Security): Promise<string> {
  const { idScope = '', deviceHostName = '' } = fleet.provisioning ?? {};
  const client = ProvisioningDeviceClient.create(deviceHostName, idScope, new Mqtt(), security as never);
  const { assignedHub } = (await client.register()) as RegistrationResult; // typed as one that may give nothing
  return [...fleet.hubs].find(([, { hostName }]) => hostName === assignedHub)?.[0] ?? assignedHub;
}

const byKey = (id: string, key: string): Promise<string> => register(new SymmetricKeySecurityClient(id, key));

async function byCertificate(id: string, by: TestCertificate): Promise<string> {
  const leaf = await makeCertificate(id, { by });
  return register(new X509Security(id, { cert: `${leaf.cert}\n${by.cert}`, key: leaf.key }));
}

async function destroy(): Promise<Run[]> {
  await configure((config) => (config['groundswell:protect'] = false));
  return [await up(), await run('pulumi', ['destroy', '--yes', '--stack', STACK, '--non-interactive'])];
}

const symmetricKey = { type: 'symmetricKey' };

/** In the order of the story: a stack's life is one sequence, and the engine is too slow to tell it anew each time. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  await mkdir(join(folder, 'backend'));
  factory = await makeCertificate('Factory', { ca: true });
  const authority = join(folder, 'factory.pem');
  await writeFile(authority, factory.cert);
  await writeFile(
    SETTINGS,
    stringify({
      config: {
        'groundswell:hubs': {
          west: { weight: 3 },
          north: { location: 'northeurope' },
          bad: { quarantine: true, location: 'northeurope' },
        },
        'groundswell:provisioning': { certificates: { factory: authority } },
        'groundswell:enrollmentGroups': {
          doors: { attestation: symmetricKey, reprovisionPolicy: 'reprovisionAndMigrateData' },
          meters: { attestation: symmetricKey, reprovisionPolicy: 'never' },
          pumps: { attestation: { type: 'x509', ca: 'factory' }, reprovisionPolicy: 'reprovisionAndMigrateData' },
        },
        'groundswell:enrollments': {
          suspect: { attestation: symmetricKey, reprovisionPolicy: 'never', allocation: 'static', hubs: ['bad'] },
        },
        'groundswell:storage': { coolAfterDays: 30, immutableDays: 7 },
        'groundswell:telemetry': { hosts: 'processes', settings: { windowMinutes: 1 } },
      },
    }),
  );
});
afterAll(async () => {
  if (!isDestroyed) await destroy();
  await rm(SETTINGS, { force: true });
  await rm(folder, { recursive: true, force: true });
});

it('makes two regions, a quarantine hub, provisioning and telemetry from nothing, without a warning', async () => {
  const made = await up();
  await refreshOutputs();
  const { resources } = await stateOf();
  group =
    resources
      .find(({ type }) => type.endsWith(':ResourceGroup'))
      ?.id?.split('/')
      .at(-1) ?? '';

  expect(made).toExitWith(0);
  expect(made.err).not.toMatch(/warning/i);
  expect([...fleet.hubs.keys()]).toEqual(['bad', 'north', 'west']);
  expect(await hubsInAzure()).toHaveLength(3);
});

it('gives processes of telemetry all that they need, and lets each hub say which it is', async () => {
  const key = fleet.telemetry?.functionKey;
  const enrichments = [];
  for (const name of await hubsInAzure())
    enrichments.push((await hubs.get(group, name)).properties?.routing?.enrichments?.map(({ value }) => value));

  expect(streamSettingsOf(fleet)).toMatchObject({
    eventHub: expect.any(String) as string,
    settings: { windowMinutes: 1 },
  });
  expect(hostSettingsOf(fleet).telemetry).toMatchObject({ functionKey: key });
  expect(key?.length).toBeGreaterThan(40);
  expect(enrichments.flat().sort()).toEqual(['bad', 'north', 'west']);
});

it('changes nothing the second time', async () => {
  expect(changesOf(await up())).toEqual(NOTHING_CHANGED);
});

it('hands out no key, and gives devices their hubs by weight, and quarantine only by name', async () => {
  const key = await groupKey('doors');
  const ids = Array.from({ length: 80 }, (_, index) => `door-${index}`);

  const given = await Promise.all(ids.map((id) => byKey(id, derivedKey(key, id))));
  const suspect = await byKey('suspect', await deviceKey('suspect'));

  expect([...fleet.hubs.values()].map(({ connectionString }) => connectionString)).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  const count = (name: string) => given.filter((hub) => hub === name).length;
  expect(count('west') + count('north')).toBe(80);
  expect(count('west')).toBeGreaterThan(count('north')); // by 3 to 1: wrong once in some hundred thousand runs
  expect(count('north')).toBeGreaterThan(0);
  expect(suspect).toBe('bad');
});

it('lets in whoever shows a certificate of the declared authority, and nobody else', async () => {
  const another = await makeCertificate('Factory', { ca: true });

  expect(['west', 'north']).toContain(await byCertificate('pump-1', factory));
  await expect(byCertificate('pump-2', another)).rejects.toThrow();
});

it('refuses to replace a hub, says what would be lost, and changes nothing', async () => {
  const before = await hubsInAzure();
  const move = (location: string) =>
    configure(
      (config) => ((config['groundswell:hubs'] as Record<string, { location?: string }>)['north'] = { location }),
    );

  await move('francecentral');
  const refused = await up();
  const plain = await run('pulumi', ['up', '--yes', '--stack', STACK, '--non-interactive']);
  await move('northeurope');

  for (const { code, out, err } of [refused, plain]) {
    expect(code).not.toBe(0);
    expect(out + err).toContain('hubs.north.location: from northeurope to francecentral replaces the hub');
    expect(out + err).toContain('Lost would be device identities');
  }
  expect(await hubsInAzure()).toEqual(before);
});

/** With the pulumi command that groundswell runs. Linux names a process's children in /proc. */
async function killAll(pid: number): Promise<void> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  for (const one of [pid, ...children.trim().split(' ').filter(Boolean).map(Number)]) killIfThere(one);
}

/** A busy machine may have ended it meanwhile: then there is nothing to go on with, and all else must hold. */
function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

interface Kept {
  readonly urn: string;
  readonly parent?: string;
  readonly dependencies?: readonly string[];
}
interface Checkpoint {
  readonly checkpoint: { readonly latest: { resources: Kept[]; pending_operations?: object[] } };
}

/** Leaves the state as a kill does between a hub's creation and its being written down: the worst moment. */
async function forget(hub: string): Promise<void> {
  const file = join(folder, 'backend/.pulumi/stacks/groundswell', `${STACK}.json`);
  const state = JSON.parse(await readFile(file, 'utf8')) as Checkpoint;
  const { latest } = state.checkpoint;
  const made = latest.resources.find(({ urn }) => urn.endsWith(`:IotHubResource::groundswell-${hub}`));
  if (made === undefined) return; // the kill came at that moment
  const needs = ({ parent = '', dependencies = [] }: Kept) => [parent, ...dependencies].includes(made.urn);
  if (latest.resources.some(needs)) return; // the kill came later, and what is written down is in Azure
  latest.resources = latest.resources.filter((one) => one !== made);
  const resource = { ...made, id: undefined, outputs: undefined };
  latest.pending_operations = [...(latest.pending_operations ?? []), { type: 'creating', resource }];
  await writeFile(file, JSON.stringify(state));
}

it('goes on where a killed update ended, and leaves no orphan', async () => {
  await configure((config) =>
    Object.assign(config['groundswell:hubs'] as object, { south: { location: 'francecentral' }, east: {} }),
  );
  let killing: Promise<void> | undefined;
  await run(process.execPath, [join(CHECKOUT, 'dist/cli/main.js'), 'up'], (err, pid) => {
    if (/created IotHub \w/.test(err)) killing ??= killAll(pid);
  });
  await killing;
  await forget('south');

  const resumed = await up();
  const again = await up();

  expect(killing).toBeDefined();
  expect(resumed).toExitWith(0);
  expect(changesOf(again)).toEqual(NOTHING_CHANGED);
  expect(await hubsInAzure()).toHaveLength(5);
});

it('shows no key in plain that Azure has made', async () => {
  const { text, resources } = await stateOf();
  const made = await generatedKeys(credential, resources);
  const enrollments = [await groupKey('doors'), await groupKey('meters'), await deviceKey('suspect')];

  const keys = [...made.values(), enrollments].flat();
  expect(Object.fromEntries([...made].map(([type, all]) => [type.split(':').at(-1), all.length]))).toEqual({
    IotHubResource: 5 * 2, // each has the policy of its link
    IotDpsResource: 2,
    StorageAccount: 3 * 2, // ledger, functions, page
    SignalR: 0, // access keys are switched off
    WebApp: 2,
  });
  expect(keys.filter((key) => key.length < 40)).toEqual([]);
  const shown = Object.entries({ text, printed }).filter(([, place]) => keys.some((key) => place.includes(key)));
  expect(shown.map(([name]) => name)).toEqual([]); // names only: a failure must not print the keys either
});

it('keeps what is protected, and leaves nothing behind once it is not', async () => {
  const refused = await run('pulumi', ['destroy', '--yes', '--stack', STACK, '--non-interactive']);
  const kept = await hubsInAzure();
  const ended = await destroy();
  isDestroyed = true;

  expect(refused.code).not.toBe(0);
  expect(refused.out + refused.err).toContain('protected');
  expect(kept).toHaveLength(5);
  expect(ended.map(({ code }) => code)).toEqual([0, 0]);
  await expect(hubsInAzure()).rejects.toMatchObject({ statusCode: 404 });
  expect((await stateOf()).resources).toEqual([]);
});
