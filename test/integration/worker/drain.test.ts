import { Client } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NoticeActivities } from '../../../activities/contracts';
import type { RolloutId } from '../../../domain/ids';
import { TASK_QUEUE } from '../../../workflows/messages';
import { eventually } from '../../support/eventually';
import { httpServer, type HttpServer, json } from '../../support/http-server';
import { startTemporal } from '../../support/temporal';

const MAIN = join(__dirname, '../../../dist/worker/main.js');

let env: TestWorkflowEnvironment;
let server: HttpServer;
let folder: string;
let answers = 503;
const workers: ChildProcess[] = [];

beforeAll(async () => {
  env = await startTemporal();
  server = await httpServer((response) => json(response, answers, {}));
  folder = mkdtempSync(join(tmpdir(), 'groundswell-drain-'));
  const hostName = 'hub.azure-devices.test';
  const connectionString = `HostName=${hostName};SharedAccessKeyName=p;SharedAccessKey=c2VjcmV0`;
  const hub = { hostName, sku: { name: 'S1', units: 1 }, connectionString };
  const ledger = { blobEndpoint: 'https://account.blob.azure.test/', container: 'ledger' };
  writeFileSync(join(folder, 'temporal.toml'), '[profile.default]\n');
  writeFileSync(join(folder, 'outputs.json'), JSON.stringify({ hubs: { main: hub }, ledger }));
});

afterAll(async () => {
  for (const worker of workers) worker.kill('SIGKILL');
  await server.close();
  await env.teardown();
  rmSync(folder, { recursive: true });
});

/** @returns once it has said anything; `said` goes on */
async function startWorker(...options: readonly string[]): Promise<ChildProcess & { readonly said: () => string }> {
  const child = spawn(process.execPath, [MAIN, '--outputs', join(folder, 'outputs.json'), ...options], {
    env: {
      PATH: process.env.PATH,
      TEMPORAL_ADDRESS: env.connection.options.address,
      TEMPORAL_CONFIG_FILE: join(folder, 'temporal.toml'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  workers.push(child);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const died = once(child, 'exit').then(([code]) => {
    throw new Error(`the worker ended with ${String(code)} before it was ready`);
  });
  died.catch(() => undefined); // later it ends as the tests want it
  await Promise.race([once(child.stdout, 'data'), died]);
  return Object.assign(child, { said: () => said });
}

/** @returns the exit code: 0 only when nothing had to be ended by force, which the worker does in time for its host */
async function terminated(worker: ChildProcess): Promise<unknown> {
  worker.kill('SIGTERM');
  const [code] = (await once(worker, 'exit')) as [unknown];
  return code;
}

it('says that it lives and when it is ready, and ends with 0 when it has nothing to do', async () => {
  const worker = await startWorker('--health-address', '127.0.0.1:0');
  const [, url = ''] = /^health: (\S+)$/m.exec(worker.said()) ?? [];
  const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status;

  expect(await statusOf('/livez')).toBe(200);
  await eventually(async () => expect(await statusOf('/readyz')).toBe(200));
  await expect(terminated(worker)).resolves.toBe(0);
});

it('leaves what is in flight to the next worker within its grace, which goes on under the same id', async () => {
  const rule = { url: server.url, format: 'json', on: ['held'] } as const;
  const notice = {
    kind: 'held',
    at: '2026-11-21T10:00:00.000Z',
    rolloutId: 'lock-doors' as RolloutId,
    name: 'lock-doors',
    status: 'held',
    reason: 'no data',
  } as const;
  const first = await startWorker();
  const { connection } = env;
  const handle = await new Client({ connection }).activity.typed<NoticeActivities>().start('notify', {
    id: 'notice-1',
    taskQueue: TASK_QUEUE,
    startToCloseTimeout: '5 minutes',
    heartbeatTimeout: '10 seconds',
    args: [{ rule, notice, id: 'notice-1' }],
  });
  // After the second refusal it rests for five seconds, then for fifteen.
  await eventually(() => expect(server.received.length).toBeGreaterThanOrEqual(2));

  const code = await terminated(first);
  answers = 200;
  await startWorker();

  await expect(handle.result()).resolves.toMatchObject({ kind: 'delivered' });
  expect(code).toBe(0);
  expect(new Set(server.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set(['notice-1']));
});
