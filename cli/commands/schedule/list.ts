import { Command } from 'commander';
import { type Cli, COMMAND, note, print, printJson } from '../../output';
import { schedulesTable } from '../../render/schedule';
import { JSON_OPTION } from '../rollout/arguments';
import { withSchedules } from './with-schedules';

export const scheduleList = (cli: Cli): Command =>
  new Command('list')
    .summary('List schedules with their next start')
    .option(...JSON_OPTION)
    .action(({ json }: { readonly json?: true }) =>
      withSchedules(cli, async (schedules) => {
        const found = await schedules.list();
        if (json) printJson(cli.io, found);
        else if (found.length > 0) print(cli.io, schedulesTable(found));
        else note(cli.io, `there is no schedule; make one: ${COMMAND} schedule create --help`);
      }),
    );
