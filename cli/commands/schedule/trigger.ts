import { Command } from 'commander';
import { type Cli, COMMAND, note, print, printJson } from '../../output';
import { JSON_OPTION } from '../rollout/arguments';
import { withSchedules } from './with-schedules';

export const scheduleTrigger = (cli: Cli): Command =>
  new Command('trigger')
    .summary('Start a rollout of the schedule now, also while it is paused')
    .argument('<name>', 'name of the schedule')
    .option(...JSON_OPTION)
    .action((name: string, { json }: { readonly json?: true }) =>
      withSchedules(cli, async (schedules) => {
        const started = await schedules.trigger(name);
        const { rolloutId, takenUp } = started;
        if (json) {
          printJson(cli.io, started);
          return;
        }
        print(cli.io, `started rollout ${rolloutId}`);
        if (!takenUp)
          note(cli.io, 'note: no worker has taken it up yet; until one does, other commands do not find it.');
        note(cli.io, `watch it: ${COMMAND} rollout watch ${rolloutId}`);
      }),
    );
