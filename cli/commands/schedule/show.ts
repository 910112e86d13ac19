import { Command } from 'commander';
import { type Cli, print, printJson } from '../../output';
import { scheduleText } from '../../render/schedule';
import { JSON_OPTION } from '../rollout/arguments';
import { withSchedules } from './with-schedules';

export const scheduleShow = (cli: Cli): Command =>
  new Command('show')
    .summary('Show a schedule: its times, its next and last rollouts, who made it')
    .argument('<name>', 'name of the schedule')
    .option(...JSON_OPTION)
    .action((name: string, { json }: { readonly json?: true }) =>
      withSchedules(cli, async (schedules) => {
        const found = await schedules.show(name);
        if (json) printJson(cli.io, found);
        else print(cli.io, scheduleText(found));
      }),
    );
