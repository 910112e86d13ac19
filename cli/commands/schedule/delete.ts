import { Command } from 'commander';
import { type Cli, print } from '../../output';
import { withSchedules } from './with-schedules';

export const scheduleDelete = (cli: Cli): Command =>
  new Command('delete')
    .summary('Delete a schedule; a rollout of it that runs goes on')
    .argument('<name>', 'name of the schedule')
    .action((name: string) =>
      withSchedules(cli, async (schedules) => {
        await schedules.delete(name);
        print(cli.io, `deleted schedule ${name}`);
      }),
    );
