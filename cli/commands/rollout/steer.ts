import { Command } from 'commander';
import type { RolloutId } from '../../../domain/ids';
import { COMMANDS, type Command as Steering } from '../../../domain/machine';
import { lazy } from '../../lazy';
import { type Cli, CliError, COMMAND, EXIT, note, print, printJson } from '../../output';
import { AS_OPTION, JSON_OPTION, orderOf, type OrderOptions, rolloutIdArgument } from './arguments';
import { CHANGE_OPTIONS, type ChangeOptions, changesOf } from './changes';

type Options = OrderOptions & ChangeOptions & { readonly json?: true };

const SUMMARIES: Readonly<Record<Steering, string>> = {
  pause: 'Stop new batches until a resume; those in flight end',
  resume: 'Go on after a pause',
  approve: 'Let a wave begin that waits for an approval',
  deny: 'Refuse a wave that waits for an approval; this ends the rollout',
  hold: 'Have the wave held when it has ended; at once where nothing runs',
  proceed: 'Let a held rollout go on; end a soak; open a shut window',
  abort: 'End a rollout; the batch in flight finishes, no further device is touched',
  rollback: 'Undo a rollout on the devices it touched, the last wave first',
  change: 'Change limits, soak or pace of a running rollout',
};

/** What a command changes besides the state: only `change` has such options. */
function settingsOf(command: Steering, options: Options) {
  if (command !== 'change') return undefined;
  const settings = changesOf(options);
  if (Object.keys(settings).length > 0) return settings;
  throw new CliError(EXIT.usage, 'a change needs at least one setting', `see \`${COMMAND} rollout change --help\``);
}

/** Gives an order, prints what became of it, and leaves the exit code: 0 accepted, 3 refused by the rollout. */
async function steer(cli: Cli, command: Steering, rolloutId: RolloutId, options: Options): Promise<void> {
  const settings = settingsOf(command, options);
  const { withRollouts, noteMissingWorker } = lazy.connect();
  await withRollouts(cli.io, async (rollouts) => {
    await noteMissingWorker(cli.io, rollouts);
    const order = { ...orderOf(options), ...(settings && { settings }) };
    const result = await rollouts.order(command, rolloutId, order);
    if (options.json) printJson(cli.io, result);
    else if (result.kind === 'accepted')
      print(cli.io, `${command} accepted: rollout ${rolloutId} is ${result.state.status}`);
    else note(cli.io, `${command} refused: ${result.reason}`);
    if (result.kind === 'refused') cli.exit(EXIT.stopped);
  });
}

function commandOf(cli: Cli, command: Steering): Command {
  const built = new Command(command)
    .summary(SUMMARIES[command])
    .description(`${SUMMARIES[command]}. docs/states.md says in which states that is possible.`)
    .argument('<rollout>', 'rollout id, as `rollout start` printed it', rolloutIdArgument)
    .requiredOption('--reason <text>', 'why, for the history')
    .option(...AS_OPTION)
    .option(...JSON_OPTION);
  if (command === 'change') for (const [flags, text, parse] of CHANGE_OPTIONS) built.option(flags, text, parse);
  return built.action((rolloutId: RolloutId, options: Options) => steer(cli, command, rolloutId, options));
}

/** One command each for all that a person may ask of a rollout. */
export const rolloutSteering = COMMANDS.map((command) => (cli: Cli) => commandOf(cli, command));
