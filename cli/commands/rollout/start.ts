import { Command } from 'commander';
import type { RolloutId } from '../../../domain/ids';
import { lazy } from '../../lazy';
import { type Cli, CliError, COMMAND, EXIT, note, print, printJson, printJsonLine } from '../../output';
import type { Rollouts, Started } from '../../rollouts';
import { AS_OPTION, JSON_OPTION, orderOf, type OrderOptions, rolloutIdArgument } from './arguments';
import { follow } from './follow';
import { readSpec } from './spec-file';

interface Options extends OrderOptions {
  readonly id?: RolloutId;
  readonly watch?: true;
  readonly json?: true;
}

async function startedText(rollouts: Rollouts, { kind, rolloutId }: Started): Promise<string> {
  if (kind === 'started') return `started rollout ${rolloutId}`;
  const { state, execution } = await rollouts.look(rolloutId);
  return `rollout ${rolloutId} exists with this very spec (${state?.status ?? execution.toLowerCase()}); started nothing`;
}

/** @throws CliError (exit code 2) when the id is in use for another spec */
function refuseTaken({ kind, rolloutId }: Started): void {
  if (kind !== 'taken') return;
  const next = `start this one under another id: --id ${rolloutId}-2, or look: ${COMMAND} rollout status ${rolloutId}`;
  throw new CliError(EXIT.usage, `the id ${rolloutId} is in use for another spec; started nothing`, next);
}

export const rolloutStart = (cli: Cli): Command =>
  new Command('start')
    .summary('Start a rollout; starting the same one again starts nothing')
    .description(
      'Starts a rollout. The id is its idempotency key: the same id with the same spec starts nothing and is no error; ' +
        'with another spec it is refused.',
    )
    .argument('<spec>', 'rollout spec, YAML or JSON; - reads standard input')
    .option('--id <id>', "rollout id (default: the spec's name)", rolloutIdArgument)
    .option('--reason <text>', 'why, for the history')
    .option(...AS_OPTION)
    .option('--watch', 'watch it to its end; the exit code is then that of `rollout watch`')
    .option(...JSON_OPTION)
    .action(async (file: string, options: Options) => {
      const { io } = cli;
      const spec = await readSpec(cli, file, options.json);
      const { withRollouts, noteMissingWorker } = lazy.connect();
      await withRollouts(io, async (rollouts) => {
        await noteMissingWorker(io, rollouts);
        const started = await rollouts.start(options.id ?? (spec.name as RolloutId), spec, orderOf(options));
        refuseTaken(started);
        if (options.json) (options.watch ? printJsonLine : printJson)(io, started);
        else print(io, await startedText(rollouts, started));
        if (options.watch) return follow(cli, rollouts, started.rolloutId, options.json);
        note(io, `watch it: ${COMMAND} rollout watch ${started.rolloutId}`);
      });
    });
