import { Command, InvalidArgumentError, Option } from 'commander';
import { STATUSES } from '../../../domain/machine';
import { lazy } from '../../lazy';
import { type Cli, CliError, COMMAND, EXIT, note, print, printJson } from '../../output';
import { utc } from '../../render/format';
import { table } from '../../render/table';
import type { ListedRollout } from '../../../domain/listed';
import type { ListFilter } from '../../rollout/list';
import type { Rollouts } from '../../rollouts';
import { JSON_OPTION } from './arguments';

interface Options extends ListFilter {
  readonly json?: true;
}

const MAX = 10_000;

function limitArgument(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit >= 1 && limit <= MAX) return limit;
  throw new InvalidArgumentError(`A whole number from 1 to ${MAX}.`);
}

/** Temporal's servers do not agree on how to escape these in a filter. */
function filterArgument(text: string): string {
  if (!/["'\\]/.test(text)) return text;
  throw new InvalidArgumentError('Quotes and backslashes cannot be asked for.');
}

const rowOf = ({ rolloutId, execution, state, wave, hubs, requester, startedAt }: ListedRollout) => [
  rolloutId,
  execution === 'RUNNING' || execution === 'COMPLETED' ? (state ?? execution.toLowerCase()) : execution.toLowerCase(),
  wave ?? '',
  hubs?.join(', ') ?? '',
  requester ?? '',
  utc(startedAt),
];

/** A filter that the server cannot apply would find nothing and look like an answer. */
async function assertIndexed(cli: Cli, rollouts: Rollouts, { state, hub, requester }: ListFilter): Promise<void> {
  const missing = await rollouts.missingAttributes();
  if (missing.length === 0) return;
  const what = `Temporal at ${rollouts.where.address} lacks the search attributes ${missing.map(({ name }) => name).join(', ')}`;
  const next = `${COMMAND} search-attributes --register`;
  if (state !== undefined || hub !== undefined || requester !== undefined)
    throw new CliError(EXIT.failed, `${what}: rollouts cannot be found by state, hub or requester`, next);
  note(cli.io, `note: ${what}; states and waves are not listed. To mend it: ${next}`);
}

export const rolloutList = (cli: Cli): Command =>
  new Command('list')
    .summary('List rollouts, the newest first')
    .description("Lists rollouts that the server keeps, by Temporal's search attributes. Needs no worker.")
    .addOption(new Option('--state <state>', 'those in this state').choices([...STATUSES]))
    .option('--hub <hub>', 'those that change devices of this hub', filterArgument)
    .option('--requester <name>', 'those that this person started', filterArgument)
    .option('--limit <n>', `at most so many, up to ${MAX}`, limitArgument, 50)
    .option(...JSON_OPTION)
    .action(async ({ json, ...filter }: Options) =>
      lazy.connect().withRollouts(cli.io, async (rollouts) => {
        await assertIndexed(cli, rollouts, filter);
        const found = await rollouts.list(filter);
        if (json) printJson(cli.io, found);
        else if (found.length === 0) note(cli.io, 'there is no such rollout');
        else print(cli.io, table(['rollout', 'status', 'wave', 'hubs', 'requester', 'started'], found.map(rowOf)));
      }),
    );
