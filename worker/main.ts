#!/usr/bin/env node
import { DefaultAzureCredential } from '@azure/identity';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import {
  GracefulShutdownPeriodExpiredError,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { Command, InvalidArgumentError } from 'commander';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { sweepWorkspaces } from '../activities/planning/workspace';
import { dataConverterOf, keysOf } from '../codec';
import { readStackOutputs, type StackOutputs } from '../spec/stack-outputs';
import { TASK_QUEUE } from '../workflows/messages';
import { createActivities } from './activities';
import { type Address, addressOf, addressText } from './address';
import { failureInterceptor } from './failures';
import { type HealthServer, serveHealth } from './health';
import { ENCRYPTING_WORKFLOW_BUNDLE, WORKFLOW_BUNDLE } from './paths';
import { versioningOf } from './versioning';

/**
 * After SIGTERM nothing new is polled, and after this grace activities are told. They bring calls in flight to their end
 * and stop where another worker can go on; a batch's job goes on in the hub meanwhile.
 */
const GRACE = '1 second';
/** What has not ended by then is left to other workers: below the 30 seconds that container hosts give. */
const FORCE_AFTER = '25 seconds';
/** Each share of a running wave has an activity that waits for hours: hubs times rollouts at once. Waiting costs little. */
const ACTIVITIES = 1_000;

/** @throws InvalidArgumentError for anything but a whole number of at least 1 */
function countOf(given: string): number {
  const count = Number(given);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('a whole number of at least 1 is allowed');
  return count;
}

const outputsOf = async (source: string): Promise<StackOutputs> =>
  readStackOutputs(source === '-' ? await text(process.stdin) : await readFile(source, 'utf8'));

async function optionsOf({
  outputs: source,
  activities,
}: Pick<Options, 'outputs' | 'activities'>): Promise<Omit<WorkerOptions, 'connection' | 'namespace'>> {
  const keys = keysOf(process.env);
  const codePath = keys === undefined ? WORKFLOW_BUNDLE : ENCRYPTING_WORKFLOW_BUNDLE;
  return {
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath },
    dataConverter: dataConverterOf(keys),
    workerDeploymentOptions: await versioningOf(process.env, codePath),
    activities: createActivities(await outputsOf(source), new DefaultAzureCredential()),
    interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
    maxConcurrentActivityTaskExecutions: activities,
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE_AFTER,
    // Heartbeats carry the progress that people watch; the SDK's own pace would be one in 8 s.
    maxHeartbeatThrottleInterval: '2 seconds',
    // After a crash, workflows wait at most this long for the lost worker's cache before another takes them over.
    stickyQueueScheduleToStartTimeout: '3 seconds',
  };
}

interface Options {
  readonly outputs: string;
  readonly activities: number;
  readonly healthAddress?: Address;
  readonly metricsAddress?: Address;
}

/** What of the process the health server asks about, as it comes to be. */
interface Parts {
  connection?: NativeConnection;
  worker?: Worker;
}

async function reachTemporal({ connection }: Parts, deadline: number): Promise<unknown> {
  if (connection === undefined) throw new Error('there is no connection yet');
  return connection.withDeadline(deadline, () => connection.workflowService.getSystemInfo({}));
}

async function healthOf(address: Address, parts: Parts): Promise<HealthServer> {
  const server = await serveHealth(address, {
    state: () => parts.worker?.getStatus(),
    reachTemporal: (deadline) => reachTemporal(parts, deadline),
  });
  process.stdout.write(`health: ${server.url}\n`);
  return server;
}

/** Before anything else of the SDK is used: its runtime is made once. */
const serveMetrics = (address: Address): unknown =>
  Runtime.install({ telemetryOptions: { metrics: { prometheus: { bindAddress: addressText(address) } } } });

async function run({ healthAddress, metricsAddress, ...options }: Options): Promise<void> {
  if (metricsAddress !== undefined) serveMetrics(metricsAddress);
  const parts: Parts = {};
  const health = healthAddress === undefined ? undefined : await healthOf(healthAddress, parts);
  try {
    await work(await optionsOf(options), parts);
  } finally {
    await health?.close();
  }
}

async function work(options: Awaited<ReturnType<typeof optionsOf>>, parts: Parts): Promise<void> {
  await sweepWorkspaces();
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  parts.connection = connection;
  try {
    parts.worker = await Worker.create({ ...options, connection, namespace });
    const running = parts.worker.run();
    process.stdout.write('ready\n');
    await running;
  } finally {
    await connection.close();
  }
}

new Command('groundswell-worker')
  .description(
    'Runs Groundswell workflows and activities until SIGTERM or SIGINT. Temporal is found by the standard TEMPORAL_* environment and profiles; Azure by the stack outputs and DefaultAzureCredential.',
  )
  .requiredOption('--outputs <file>', "the stack's outputs with their secrets, as JSON; - reads standard input")
  .option(
    '--activities <count>',
    'activities at once: at least hubs times rollouts at once, over all workers',
    countOf,
    ACTIVITIES,
  )
  .option('--health-address <host:port>', 'serve /livez and /readyz there; nothing listens without it', addressOf)
  .option(
    '--metrics-address <host:port>',
    "serve the Temporal SDK's metrics for Prometheus there, at /metrics",
    addressOf,
  )
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`groundswell-worker: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    // Activities that did not end would keep the process alive: they are others' now.
    if (error instanceof GracefulShutdownPeriodExpiredError) process.exit();
  });
