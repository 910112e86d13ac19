#!/usr/bin/env node
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { Command, InvalidArgumentError, Option } from 'commander';
import { hubNameOf } from '../domain/ids';
import { readStackOutputs, type StackOutputs } from '../spec/stack-outputs';
import { Fleet, type FleetSummary } from './fleet';
import { type BadFirmware, badFirmwareOf } from './firmware';
import type { Admission } from './members';
import { parseProfiles } from './profiles';
import type { HubToFill } from './registration';

interface Options {
  readonly outputs: string;
  readonly hub: string;
  readonly count: number;
  readonly prefix: string;
  readonly tags: Readonly<Record<string, unknown>>;
  readonly failShare: number;
  readonly offlineShare: number;
  readonly delayMs: number;
  readonly admission: 'auto' | 'registry' | 'individual' | 'group';
  readonly group?: string;
  readonly groupKeyFile?: string;
  readonly provisioning?: string;
  readonly light?: true;
  readonly telemetryMs?: number;
  readonly profiles?: string;
  readonly badFirmware?: BadFirmware;
  readonly json?: true;
}

const wholeNumber =
  (least: number, most: number) =>
  (value: string): number => {
    const number = Number(value);
    if (Number.isInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };

function share(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && number >= 0 && number <= 1) return number;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

function prefix(value: string): string {
  if (/^[A-Za-z0-9\-_.]{1,100}$/.test(value)) return value;
  throw new InvalidArgumentError('It must be 1 to 100 letters, digits, dashes, underscores or dots.');
}

function badFirmware(value: string): BadFirmware {
  try {
    return badFirmwareOf(value);
  } catch (error) {
    throw new InvalidArgumentError((error as Error).message);
  }
}

function tags(value: string): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(value);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
  } catch {
    // reported below
  }
  throw new InvalidArgumentError('It must be a JSON object, for instance {"building":42}.');
}

const note = (line: string): void => void process.stderr.write(`fleet: ${line}\n`);

async function outputsOf({ outputs }: Options): Promise<StackOutputs> {
  return readStackOutputs(outputs === '-' ? await text(process.stdin) : await readFile(outputs, 'utf8'));
}

function hubToFill({ hubs }: StackOutputs, { hub }: Options): HubToFill {
  const found = hubs.get(hubNameOf(hub));
  if (found === undefined) throw new Error(`the stack has no hub ${hub}; it has ${[...hubs.keys()].join(', ')}`);
  return found;
}

const readyLine = (hub: string, summary: FleetSummary, json: boolean): string =>
  json
    ? JSON.stringify({ ready: true, hub, ...summary })
    : `ready: ${summary.connected} of ${summary.devices} devices of hub ${hub} connected (${summary.offline} offline, ${summary.failing} failing)`;

/** @throws Error when the stack has no such provisioning service, or the options do not go together */
async function admissionOf(outputs: StackOutputs, options: Options, hub: HubToFill): Promise<Admission> {
  const { group, groupKeyFile, provisioning } = options;
  const kind = kindOf(outputs, options, hub);
  if (kind === 'registry') return { kind };
  const service = provisioning === undefined ? outputs.provisioning : outputs.provisioningServices[provisioning];
  if (service === undefined) throw new Error(`the stack has no provisioning service ${provisioning ?? 'of its own'}`);
  if (kind === 'individual') return { kind, service };
  if (group === undefined) throw new Error('--admission group needs --group NAME');
  const key = groupKeyFile === undefined ? undefined : (await readFile(groupKeyFile, 'utf8')).trim();
  return { kind, service, group, key };
}

/** Devices are enrolled wherever the stack can do it without being asked; a group has to be named. */
function kindOf({ provisioning }: StackOutputs, options: Options, { hostName }: HubToFill): Admission['kind'] {
  if (options.admission !== 'auto') return options.admission;
  if (options.group !== undefined) return 'group';
  if (options.provisioning !== undefined) return 'individual';
  const canEnroll = provisioning?.connectionString !== undefined;
  return canEnroll && provisioning.linkedHubs?.includes(hostName) !== false ? 'individual' : 'registry';
}

/** Resolves at the first SIGINT or SIGTERM. */
const stopSignal = (): Promise<void> =>
  new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.once('SIGTERM', () => resolve());
  });

async function run(options: Options): Promise<void> {
  const stopped = stopSignal();
  const outputs = await outputsOf(options);
  const hub = hubToFill(outputs, options);
  const fleet = new Fleet({
    ...options,
    hub,
    admission: await admissionOf(outputs, options, hub),
    profiles: options.profiles === undefined ? undefined : parseProfiles(await readFile(options.profiles, 'utf8')),
    onProgress: note,
    onProblem: (deviceId, problem) => note(`${deviceId}: ${problem}`),
  });
  try {
    const summary = await Promise.race([fleet.start(), stopped]);
    if (summary === undefined) return;
    process.stdout.write(`${readyLine(options.hub, summary, options.json === true)}\n`);
    // A signal handler alone does not keep a process alive, and a fleet may be all offline.
    const alive = setInterval(() => undefined, 60_000);
    await stopped;
    clearInterval(alive);
  } finally {
    await fleet.stop();
  }
}

const program = new Command('groundswell-fleet')
  .description(
    'Simulated doors on the official device SDK. They answer the direct methods lockDoor and installFirmware, report desired properties back, and count their calls under reported.calls. One line on stdout says when they are up; Ctrl-C stops them.',
  )
  .requiredOption('--outputs <file>', 'stack outputs as JSON, with secrets; - reads stdin')
  .option('--hub <name>', 'logical name of the hub', 'main')
  .option('--count <n>', 'how many devices', wholeNumber(1, 100_000), 100)
  .option('--prefix <text>', 'device ids are PREFIX-0001 and so on', prefix, 'door')
  .option('--tags <json>', 'twin tags of devices that are new', tags, { kind: 'door', building: 42 })
  .option('--fail-share <share>', 'this share answers 500, always the same devices', share, 0)
  .option('--offline-share <share>', 'this share never connects, always the same devices', share, 0)
  .option('--delay-ms <ms>', 'how long a device takes to answer', wholeNumber(0, 300_000), 0)
  .addOption(
    new Option(
      '--admission <how>',
      'how devices come to their hub; auto: enrolled where the stack can, else registered',
    )
      .choices(['auto', 'registry', 'individual', 'group'])
      .default('auto'),
  )
  .option('--group <name>', 'enrollment group that the devices are members of; it says what hub and tags they get')
  .option('--group-key-file <file>', "the group's key, if the provisioning service is not to be asked for it")
  .option('--provisioning <name>', 'another provisioning service of the stack outputs')
  .option('--light', 'on MQTT.js in place of the device SDK')
  .option('--telemetry-ms <ms>', 'each device sends its readings this often, numbered', wholeNumber(100, 86_400_000))
  .option('--profiles <file>', 'what shares of the fleet, and single devices, do wrong (docs/fleet.md)')
  .option(
    '--bad-firmware <version:share>',
    'this share reads 200 degrees while it runs this version, always the same devices, such as 2.0.0:5%',
    badFirmware,
  )
  .option('--json', 'print the ready line as JSON')
  .action(run);

program.parseAsync().catch((error: unknown) => {
  process.stderr.write(`groundswell-fleet: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
