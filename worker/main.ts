#!/usr/bin/env node
import { DefaultAzureCredential } from '@azure/identity';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { GracefulShutdownPeriodExpiredError, NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { sweepWorkspaces } from '../activities/planning/workspace';
import { dataConverterOf, keysOf } from '../codec';
import { readStackOutputs, type StackOutputs } from '../spec/stack-outputs';
import { TASK_QUEUE } from '../workflows/messages';
import { createActivities } from './activities';
import { failureInterceptor } from './failures';
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

const outputsOf = async (source: string): Promise<StackOutputs> =>
  readStackOutputs(source === '-' ? await text(process.stdin) : await readFile(source, 'utf8'));

async function optionsOf(source: string): Promise<Omit<WorkerOptions, 'connection' | 'namespace'>> {
  const keys = keysOf(process.env);
  const codePath = keys === undefined ? WORKFLOW_BUNDLE : ENCRYPTING_WORKFLOW_BUNDLE;
  return {
    taskQueue: TASK_QUEUE,
    workflowBundle: { codePath },
    dataConverter: dataConverterOf(keys),
    workerDeploymentOptions: await versioningOf(process.env, codePath),
    activities: createActivities(await outputsOf(source), new DefaultAzureCredential()),
    interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
    maxConcurrentActivityTaskExecutions: ACTIVITIES,
    shutdownGraceTime: GRACE,
    shutdownForceTime: FORCE_AFTER,
    // Heartbeats carry the progress that people watch; the SDK's own pace would be one in 8 s.
    maxHeartbeatThrottleInterval: '2 seconds',
    // After a crash, workflows wait at most this long for the lost worker's cache before another takes them over.
    stickyQueueScheduleToStartTimeout: '3 seconds',
  };
}

async function run({ outputs: source }: { readonly outputs: string }): Promise<void> {
  const options = await optionsOf(source);
  await sweepWorkspaces();
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const worker = await Worker.create({ ...options, connection, namespace });
    const running = worker.run();
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
  .action(run)
  .parseAsync()
  .catch((error: unknown) => {
    process.stderr.write(`groundswell-worker: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    // Activities that did not end would keep the process alive: they are others' now.
    if (error instanceof GracefulShutdownPeriodExpiredError) process.exit();
  });
