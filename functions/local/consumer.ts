#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { DefaultAzureCredential } from '@azure/identity';
import { Command, InvalidArgumentError } from 'commander';
import { createPipeline } from '../telemetry/pipeline';
import { logLine, messageOfError, outputsFrom, untilStopped } from './outputs';
import { openStream, type StreamOptions } from './stream';
import { streamSettingsOf } from './stream-settings';
import { createSums } from './sums';

interface Options {
  readonly outputs: string;
  readonly settings?: string;
  readonly ownershipSeconds: number;
  readonly logSeconds: number;
}

const seconds =
  (least: number, most: number) =>
  (given: string): number => {
    const value = Number(given);
    if (!(value >= least && value <= most))
      throw new InvalidArgumentError(`Allowed: seconds from ${least} to ${most}.`);
    return value;
  };

const causeOf = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined
    ? `${error.message}: ${messageOfError(error.cause)}`
    : messageOfError(error);

async function ownSettings(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8');
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${file} is no JSON`);
  }
}

/** What is told while it runs: partitions as they come and go, failures at once, the rest as sums. */
function reporting(logSeconds: number): { readonly on: StreamOptions['on']; stop(): void } {
  const sums = createSums();
  const tell = (): void => {
    const taken = sums.take();
    if (taken !== undefined) logLine({ level: 'info', what: 'batches', ...taken });
  };
  const timer = setInterval(tell, logSeconds * 1_000);
  return {
    on: {
      outcome: (_, outcome) => sums.add(outcome),
      failure: (partition, error, tries) => {
        sums.fail();
        logLine({ level: 'warn', what: 'a batch has failed', partition, tries, error: causeOf(error) });
      },
      owns: (partition) => logLine({ level: 'info', what: 'owns', partition }),
      lost: (partition, why) => logLine({ level: 'info', what: 'gave back', partition, why }),
      error: (partition, error) => logLine({ level: 'warn', what: 'error', partition, error: causeOf(error) }),
    },
    stop() {
      clearInterval(timer);
      tell();
    },
  };
}

async function run({ outputs, settings: file, ownershipSeconds, logSeconds }: Options): Promise<void> {
  const stopped = untilStopped();
  const given = file === undefined ? undefined : await ownSettings(file);
  const settings = streamSettingsOf(await outputsFrom(outputs), given);
  const credential = new DefaultAzureCredential();
  const processor = createPipeline({ ...settings, credential }, (error, deviceCount) =>
    logLine({ level: 'warn', what: 'pages were not told', devices: deviceCount, error: messageOfError(error) }),
  );
  const report = reporting(logSeconds);
  try {
    const ownershipMs = ownershipSeconds * 1_000;
    const stream = await openStream({ settings, credential, processor, ownershipMs, on: report.on });
    const { host, eventHub, consumerGroup } = settings;
    process.stdout.write(`ready: reads ${host}/${eventHub} as ${consumerGroup}\n`);
    await stopped;
    await stream.close();
  } finally {
    report.stop();
  }
}

void new Command('groundswell-telemetry')
  .description(
    'Reads the messages of devices from the event hub of a stack and keeps their states. Start several: they share the partitions.',
  )
  .requiredOption('--outputs <file>', 'stack outputs; - for stdin')
  .option(
    '--settings <file>',
    'settings of the pipeline, JSON, in place of those of the stack; the same for all processes',
  )
  .option(
    '--ownership-seconds <n>',
    'after so long others take the partitions of a process that has died',
    seconds(3, 600),
    30,
  )
  .option('--log-seconds <n>', 'a line with what the batches came to, so often', seconds(1, 3_600), 10)
  .action(run)
  .parseAsync()
  .then(
    // All is closed. For each partition that another process has taken, the client leaves a timer of a day behind
    // (@azure/event-hubs, partitionReceiver.js), which would keep this one from ending.
    () => process.exit(),
    (error: unknown) => {
      process.stderr.write(`telemetry: ${messageOfError(error)}\n`);
      process.exitCode = 1;
    },
  );
