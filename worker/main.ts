#!/usr/bin/env node
import { DefaultAzureCredential } from '@azure/identity';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection, Worker } from '@temporalio/worker';
import { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { parseStackOutputs, type StackOutputs } from '../spec/stack-outputs';
import { TASK_QUEUE } from '../workflows/messages';
import { createActivities } from './activities';
import { failureInterceptor } from './failures';
import { WORKFLOW_BUNDLE } from './paths';

/** Batches in flight have this long to reach a point from where another worker can go on. */
const GRACE = '15 seconds';

async function readOutputs(source: string): Promise<StackOutputs> {
  return parseStackOutputs(jsonOf(source === '-' ? await text(process.stdin) : await readFile(source, 'utf8')));
}

/** The parser's own message would quote the text, which holds keys. */
function jsonOf(outputs: string): unknown {
  try {
    return JSON.parse(outputs);
  } catch {
    throw new Error(
      'the stack outputs are not JSON; pipe `pulumi stack output --json --show-secrets` into --outputs -',
    );
  }
}

async function run({ outputs: source }: { readonly outputs: string }): Promise<void> {
  const outputs = await readOutputs(source);
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const connection = await NativeConnection.connect(connectionOptions);
  try {
    const worker = await Worker.create({
      connection,
      namespace: namespace ?? 'default',
      taskQueue: TASK_QUEUE,
      workflowBundle: { codePath: WORKFLOW_BUNDLE },
      activities: createActivities(outputs, new DefaultAzureCredential()),
      interceptors: { activity: [() => ({ inbound: failureInterceptor })] },
      shutdownGraceTime: GRACE,
      // Heartbeats carry the progress that people watch; the SDK's own pace would be one in 8 s.
      maxHeartbeatThrottleInterval: '2 seconds',
      // After a crash, workflows wait at most this long for the lost worker's cache before another takes them over.
      stickyQueueScheduleToStartTimeout: '3 seconds',
    });
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
  });
