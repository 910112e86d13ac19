import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { DefaultAzureCredential } from '@azure/identity';
import { createBlobAssignments } from '../../../activities/azure/blob-assignments';
import type { RolloutId } from '../../../domain/ids';
import { createContainer } from '../../support/container';

const ROOT = resolve(__dirname, '../../..');
const WEST = 'west.azure-devices.test';
const EAST = 'east.azure-devices.test';
let folder: string;
let settings: NodeJS.ProcessEnv;

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Away from the checkout's packages: what is deployed has to stand by itself. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'functions-package-'));
  await promisify(execFile)(process.execPath, [join(ROOT, 'scripts/build-functions.mjs'), folder]);
  const credential = new DefaultAzureCredential();
  const containerUrl = new URL(await createContainer(credential));
  const assignment = { hub: EAST, rolloutId: 'move-1' as RolloutId, at: '2026-11-22T03:00:00.000Z' };
  await createBlobAssignments(containerUrl.href, credential).put('dps-1', 'Door-1', assignment);
  settings = {
    LEDGER_ENDPOINT: containerUrl.origin,
    ALLOCATIONS_CONTAINER: containerUrl.pathname.slice(1),
    PROVISIONING_SERVICE: 'dps-1',
    ALLOCATION_RULES: JSON.stringify({ default: { newDevices: { [WEST]: 1 } } }),
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

interface Registered {
  readonly name: string;
  readonly bindings: readonly object[];
  readonly retry?: object;
}
interface Answered {
  readonly functions: readonly Registered[];
  readonly response: unknown;
  readonly said: readonly string[];
}

/** Starts the package with the settings of an app, and calls one of its functions. */
async function run(call: object, env: NodeJS.ProcessEnv): Promise<Ran> {
  const args = [join(ROOT, 'test/support/functions-host.cjs'), folder];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
  child.stdin.end(JSON.stringify(call));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

async function answered(call: object, env: NodeJS.ProcessEnv): Promise<Answered> {
  const { code, out, err } = await run(call, env);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return JSON.parse(out) as Answered;
}

it('is one file, which registers the webhook as its URL has it, and answers by the store', async () => {
  const body = {
    enrollmentGroup: { enrollmentGroupId: 'doors' },
    deviceRuntimeContext: { registrationId: 'door-1', currentIotHubHostName: WEST },
    linkedHubs: [WEST, EAST],
  };

  const { functions, response, said } = await answered({ name: 'allocate', body }, settings);

  expect(await readdir(folder)).toEqual(['host.json', 'main.js', 'package.json']);
  expect(functions.map(({ name }) => name)).toEqual(['allocate']);
  expect(functions[0]?.bindings).toContainEqual(
    expect.objectContaining({ type: 'httpTrigger', authLevel: 'function', methods: ['POST'], route: 'allocate' }),
  );
  expect(response).toEqual({ status: 200, jsonBody: { iotHubHostName: EAST } });
  expect(said).toEqual([expect.stringContaining('"because":"assignment"')]);
});

const telemetry = {
  TELEMETRY_TABLES_ENDPOINT: 'https://nobody.table.azure.test/',
  SIGNALR_ENDPOINT: 'https://nobody.service.signalr.test',
};
const events = {
  TELEMETRY_EVENT_HUB: 'telemetry',
  TELEMETRY_CONSUMER_GROUP: 'groundswell',
  Telemetry__fullyQualifiedNamespace: 'ns.servicebus.azure.test',
};
const signIn = { TELEMETRY_AUTHORITY: 'https://login.microsoftonline.com/t1', TELEMETRY_AUDIENCE: 'api://f' };
const wrong = { name: 'getdevicestate', query: 'device=d1' };

it('asks for keys to the functions of telemetry where no tenant is named', async () => {
  const { functions, response } = await answered(wrong, telemetry);

  const levels = functions.map(({ name, bindings }) => [name, (bindings[0] as { authLevel: string }).authLevel]);
  expect(levels).toEqual([
    ['negotiate', 'function'],
    ['getdevicestate', 'function'],
    ['sendsignalrmessage', 'function'],
  ]);
  expect(response).toMatchObject({ status: 400 });
});

it('looks at tokens itself where a tenant is named, and reads the event hub until each batch is done', async () => {
  const { functions, response } = await answered(wrong, { ...telemetry, ...events, ...signIn });

  const triggers = functions.map(({ name, bindings }) => [name, bindings[0]]);
  expect(triggers).toMatchObject([
    ['negotiate', { type: 'httpTrigger', authLevel: 'anonymous', methods: ['POST'], route: 'negotiate' }],
    ['getdevicestate', { type: 'httpTrigger', authLevel: 'anonymous', methods: ['GET'], route: 'getdevicestate' }],
    ['sendsignalrmessage', { type: 'httpTrigger', authLevel: 'function', methods: ['POST'] }],
    [
      'telemetry',
      {
        type: 'eventHubTrigger',
        connection: 'Telemetry',
        eventHubName: '%TELEMETRY_EVENT_HUB%',
        consumerGroup: '%TELEMETRY_CONSUMER_GROUP%',
        cardinality: 'many',
        dataType: 'binary',
      },
    ],
  ]);
  expect(functions[3]?.retry).toMatchObject({ maxRetryCount: -1 });
  expect(response).toMatchObject({ status: 401, jsonBody: { error: { code: 'UNKNOWN_CALLER' } } });
});

it.each([
  ['ALLOCATION_RULES', () => ({ ...settings, ALLOCATION_RULES: '{}' })],
  ['SIGNALR_ENDPOINT', () => ({ ...telemetry, SIGNALR_ENDPOINT: '' })],
])('does not start with a wrong %s, and names it', async (name, env) => {
  const { code, err } = await run(wrong, env());

  expect(code).toBe(1);
  expect(err).toContain(name);
});
