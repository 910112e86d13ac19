import { Command, InvalidArgumentError } from 'commander';
import {
  type DeviceQuery,
  type ListedDevice,
  type ListScope,
  NOT_WELL,
  OUTCOME_KINDS,
} from '../../../domain/device-list';
import { type HubName, hubNameOf, type RolloutId } from '../../../domain/ids';
import type { OutcomeKind } from '../../../domain/tally';
import { lazy } from '../../lazy';
import { type Cli, CliError, COMMAND, EXIT, print, printJsonLine } from '../../output';
import { deviceCountsText, listedDeviceText } from '../../render/devices';
import type { Rollouts } from '../../rollouts';
import { rolloutIdArgument } from './arguments';

interface Options {
  readonly outcome: readonly OutcomeKind[];
  readonly wave?: number;
  readonly hub?: HubName;
  readonly limit?: number;
  readonly json?: true;
}

/** Lines that text has unless somebody asks for more; JSON has all. */
const LINES = 100;

const isKind = (text: string): text is OutcomeKind => (OUTCOME_KINDS as readonly string[]).includes(text);

function outcomeArgument(text: string): OutcomeKind[] {
  const kinds = text.split(',').map((kind) => kind.trim());
  const wrong = kinds.find((kind) => !isKind(kind));
  if (wrong !== undefined) throw new InvalidArgumentError(`Got '${wrong}'; allowed: ${OUTCOME_KINDS.join(', ')}.`);
  return kinds.filter(isKind);
}

function positiveArgument(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new InvalidArgumentError('A whole number from 1 on.');
}

const limitArgument = (text: string): number => (text === 'all' ? Number.POSITIVE_INFINITY : positiveArgument(text));

/** A hub or a wave that there is not would list nothing, and look like good news. */
function assertInScope({ wave, hub }: DeviceQuery, { hubs, waveCount }: ListScope): void {
  if (wave !== undefined && wave > waveCount)
    throw new CliError(EXIT.usage, `--wave: got ${wave}; allowed: 1 to ${waveCount}, the rollout's waves`);
  if (hub !== undefined && !hubs.includes(hub))
    throw new CliError(EXIT.usage, `--hub: got '${hub}'; allowed: ${hubs.join(', ')}, the rollout's hubs`);
}

/** The devices one by one, so many at the most. */
async function* devicesOf(rollouts: Rollouts, query: DeviceQuery, limit: number): AsyncGenerator<ListedDevice> {
  let left = limit;
  for await (const { scope, devices } of rollouts.devicePages(query)) {
    assertInScope(query, scope);
    yield* devices.slice(0, left);
    left -= devices.length;
    if (left <= 0) return;
  }
}

async function printText({ io }: Cli, rollouts: Rollouts, query: DeviceQuery, limit: number): Promise<void> {
  const counts = await rollouts.deviceCounts(query);
  assertInScope(query, counts.scope);
  print(io, deviceCountsText(counts));
  if (counts.deviceCount === 0) return;
  print(io, '');
  let shown = 0;
  for await (const device of devicesOf(rollouts, query, limit)) {
    print(io, listedDeviceText(device));
    shown += 1;
  }
  const more = counts.deviceCount - shown;
  if (more > 0 && shown >= limit) print(io, `${more} more; all of them: the same command with --limit all, or --json`);
}

export const rolloutDevices = (cli: Cli): Command =>
  new Command('devices')
    .summary('List which devices failed, timed out or are offline, each by its last outcome, with the error')
    .description(
      'Reads what the ledger has of running, held and ended rollouts. A worker reads it, a page at a time: the command ' +
        `line needs no right on the storage. Times are UTC. One device over all rollouts: ${COMMAND} device DEVICE.`,
    )
    .argument('<rollout>', 'rollout id', rolloutIdArgument)
    .option(
      '--outcome <kinds>',
      `those whose last outcome is one of these: ${OUTCOME_KINDS.join(',')}`,
      outcomeArgument,
      [...NOT_WELL],
    )
    .option('--wave <n>', 'those that this wave planned', positiveArgument)
    .option('--hub <hub>', 'those of this hub', hubNameOf)
    .option('--limit <n>', `so many lines at the most, or 'all' (default: ${LINES}; with --json all)`, limitArgument)
    .option('--json', 'print one line of JSON a device instead of text')
    .action(async (rolloutId: RolloutId, { outcome, limit, json, ...filter }: Options) =>
      lazy.connect().withRollouts(cli.io, async (rollouts) => {
        await lazy.connect().noteMissingWorker(cli.io, rollouts);
        const query = { rolloutId, outcomes: outcome, ...filter };
        if (json !== true) return printText(cli, rollouts, query, limit ?? LINES);
        for await (const device of devicesOf(rollouts, query, limit ?? Number.POSITIVE_INFINITY))
          printJsonLine(cli.io, device);
      }),
    );
