import { Command } from 'commander';
import { type Cli, print, printJson } from '../../output';
import { scheduleText } from '../../render/schedule';
import { AS_OPTION, JSON_OPTION, orderOf, type OrderOptions } from '../rollout/arguments';
import { readSpec } from '../rollout/spec-file';
import { type GivenTimes, timesOf } from './times';
import { withSchedules } from './with-schedules';

interface Options extends OrderOptions, GivenTimes {
  readonly json?: true;
}

export const scheduleCreate = (cli: Cli): Command =>
  new Command('create')
    .summary('Start a rollout of a spec at the times of a cron expression')
    .description(
      'Each start is a rollout of its own, with a plan of its own; its id is the name and the time. While one runs, none is started beside it.',
    )
    .argument('<name>', 'name of the schedule, with which the ids of its rollouts begin')
    .argument('<spec>', 'rollout spec, YAML or JSON; - reads standard input; kept as it is now')
    .requiredOption('--cron <expression>', "five fields of cron, such as '0 2 * * SUN'")
    .option('--time-zone <name>', 'zone of the cron expression, such as Europe/Berlin', 'UTC')
    .option('--jitter <duration>', 'put each start off by a random time up to this, such as 5m')
    .option('--until <date>', 'last day on which it starts a rollout, such as 2027-06-30')
    .option('--reason <text>', 'why, for the history of each rollout')
    .option(...AS_OPTION)
    .option(...JSON_OPTION)
    .action(async (name: string, file: string, options: Options) => {
      const times = timesOf(cli, name, options, options.json);
      const spec = await readSpec(cli, file, options.json);
      await withSchedules(cli, async (schedules) => {
        const created = await schedules.create(times, spec, orderOf(options));
        if (options.json) printJson(cli.io, created);
        else print(cli.io, `created schedule ${name}\n${scheduleText(created)}`);
      });
    });
