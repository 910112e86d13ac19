import { DefaultAzureCredential } from '@azure/identity';
import type { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import which from 'which';
import { Rollouts } from '../../cli/rollouts';
import type { RolloutId } from '../../domain/ids';
import type { RolloutState } from '../../domain/progress';
import { searchAttributeTypes } from '../../domain/search-attributes';
import type { RolloutSpec } from '../../domain/spec';
import { createContainer } from '../../test/support/container';
import { quiet, TUNED } from '../../test/support/temporal';
import { startChild, type Child } from '../servers/child';
import type { Place } from './place';

const WORKER = join(__dirname, '..', '..', 'worker', 'main.js');
const MINUTE_MS = 60_000;
const STARTED_BY = { actor: 'bench', reason: 'to measure' };
/** Longer than any scenario takes. */
const PATIENCE_MS = 60 * MINUTE_MS;

/** The product at work: a Temporal server, a worker process, and a ledger in the emulator's storage. */
export interface Engine {
  readonly rollouts: Rollouts;
  readonly client: Client;
  readonly worker: Child;
  /** Starts a rollout and waits for its end. @throws Error unless it completes */
  run(rolloutId: string, spec: RolloutSpec): Promise<RolloutState>;
  start(rolloutId: string, spec: RolloutSpec): Promise<void>;
  /** @throws Error unless it completes */
  ended(rolloutId: string): Promise<RolloutState>;
}

/** As `groundswell dev` starts it, without the governors of its single shard (temporal.md, section 2). */
const startTemporal = async (stateDir: string): Promise<TestWorkflowEnvironment> => {
  quiet();
  const settings = TUNED.flatMap((value) => ['--dynamic-config-value', value]);
  const attributes = searchAttributeTypes().flatMap(({ name, type }) => ['--search-attribute', `${name}=${type}`]);
  const pragmas = ['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'];
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: await which('temporal') },
      ip: '127.0.0.1',
      dbFilename: join(stateDir, 'temporal.db'),
      extraArgs: [...settings, ...attributes, ...pragmas],
      log: { format: 'json', level: 'error' },
    },
  });
};

const outputsOf = ({ hubs }: Place, containerUrl: string) => ({
  hubs: Object.fromEntries(
    hubs.map(({ name, sku, connectionString }) => [
      name,
      { hostName: `${name}.azure-devices.test`, sku: { name: sku, units: 1 }, connectionString },
    ]),
  ),
  ledger: { blobEndpoint: new URL('/', containerUrl).href, container: 'ledger' },
});

async function startWorker({ stateDir }: Place, outputs: object, address: string): Promise<Child> {
  const folder = join(stateDir, 'bench');
  await mkdir(folder, { recursive: true });
  const [file, profile] = [join(folder, 'outputs.json'), join(folder, 'temporal.toml')];
  await writeFile(file, JSON.stringify(outputs), { mode: 0o600 });
  await writeFile(profile, '[profile.default]\n');
  const env = { ...process.env, TEMPORAL_ADDRESS: address, TEMPORAL_CONFIG_FILE: profile };
  const node = process.env.BENCH_WORKER_NODE_OPTIONS?.split(' ') ?? [];
  return startChild(process.execPath, [...node, WORKER, '--outputs', file], env);
}

/** Runs the product for as long as `work` takes, in an environment that the emulator takes for Azure. */
export async function withEngine<Result>(place: Place, work: (engine: Engine) => Promise<Result>): Promise<Result> {
  const containerUrl = await createContainer(new DefaultAzureCredential());
  const temporal = await startTemporal(place.stateDir);
  try {
    const worker = await startWorker(place, outputsOf(place, containerUrl), temporal.address);
    try {
      return await work(engineOf(temporal, worker));
    } finally {
      await worker.stop();
    }
  } finally {
    await temporal.teardown();
  }
}

function engineOf({ client, address }: TestWorkflowEnvironment, worker: Child): Engine {
  const rollouts = new Rollouts(client, { address, namespace: 'default' });
  const engine: Engine = {
    rollouts,
    client,
    worker,
    async start(rolloutId, spec) {
      const { kind } = await rollouts.start({ rolloutId: rolloutId as RolloutId, spec }, STARTED_BY);
      if (kind !== 'started') throw new Error(`rollout ${rolloutId}: ${kind}`);
    },
    async ended(rolloutId) {
      const handle = client.workflow.getHandle(rolloutId);
      const state = await client.withDeadline(Date.now() + PATIENCE_MS, () => handle.result() as Promise<RolloutState>);
      if (state.status !== 'completed') throw new Error(`rollout ${rolloutId} ended as ${state.status}`);
      return state;
    },
    async run(rolloutId, spec) {
      await engine.start(rolloutId, spec);
      return engine.ended(rolloutId);
    },
  };
  return engine;
}
