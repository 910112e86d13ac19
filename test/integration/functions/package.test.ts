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

async function run(body: object, env: NodeJS.ProcessEnv = settings): Promise<Ran> {
  const args = [join(ROOT, 'test/support/functions-host.cjs'), folder];
  const child = spawn(process.execPath, args, { env: { ...process.env, ...env } });
  child.stdin.end(JSON.stringify(body));
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code: child.exitCode, out, err };
}

it('is one file, which registers the function as the webhook URL has it, and answers by the store', async () => {
  const body = {
    enrollmentGroup: { enrollmentGroupId: 'doors' },
    deviceRuntimeContext: { registrationId: 'door-1', currentIotHubHostName: WEST },
    linkedHubs: [WEST, EAST],
  };

  const { code, out, err } = await run(body);

  expect({ code, err }).toEqual({ code: 0, err: '' });
  const { count, bindings, response, said } = JSON.parse(out) as Record<string, unknown>;
  expect(await readdir(folder)).toEqual(['host.json', 'main.js', 'package.json']);
  expect(count).toBe(1);
  expect(Object.values(bindings as object)).toContainEqual(
    expect.objectContaining({ type: 'httpTrigger', authLevel: 'function', methods: ['POST'], route: 'allocate' }),
  );
  expect(response).toEqual({ status: 200, jsonBody: { iotHubHostName: EAST } });
  expect(said).toEqual([expect.stringContaining('"because":"assignment"')]);
});

it('does not start with a wrong setting, and names it', async () => {
  const { code, err } = await run({}, { ...settings, ALLOCATION_RULES: '{}' });

  expect(code).toBe(1);
  expect(err).toContain('ALLOCATION_RULES');
});
