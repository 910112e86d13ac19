import { Command } from 'commander';
import type { ScheduleTimes } from '../../../spec/schedule';
import { lazy } from '../../lazy';
import { type Cli, CliError, EXIT, note, print, printJson } from '../../output';
import { count } from '../../render/format';
import { scheduleText } from '../../render/schedule';
import { AS_OPTION, JSON_OPTION, orderOf, type OrderOptions } from '../rollout/arguments';
import { readSpec } from '../rollout/spec-file';
import { withSchedules } from './with-schedules';

interface Options extends OrderOptions {
  readonly cron: string;
  readonly timeZone: string;
  readonly jitter?: string;
  readonly until?: string;
  readonly json?: true;
}

/** The option that a mistake belongs to. */
const OPTION: Readonly<Record<string, string>> = {
  name: 'NAME',
  cron: '--cron',
  timeZone: '--time-zone',
  jitter: '--jitter',
  until: '--until',
};

/** @throws CliError (exit code 2); all mistakes are printed before */
function timesOf({ io }: Cli, name: string, { cron, timeZone, jitter, until, json }: Options): ScheduleTimes {
  const parsed = lazy.schedule().parseSchedule({ name, cron, timeZone, jitter, until });
  if (parsed.kind === 'valid') return parsed.times;
  const { problems } = parsed;
  if (json) printJson(io, { problems });
  else
    for (const { path, value, allowed } of problems)
      note(io, `${OPTION[path] ?? path}: got ${value}; allowed: ${allowed}`);
  throw new CliError(EXIT.usage, `${count(problems.length, 'mistake')}; nothing was contacted`);
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
      const times = timesOf(cli, name, options);
      const spec = await readSpec(cli, file, options.json);
      await withSchedules(cli, async (schedules) => {
        const created = await schedules.create(times, spec, orderOf(options));
        if (options.json) printJson(cli.io, created);
        else print(cli.io, `created schedule ${name}\n${scheduleText(created)}`);
      });
    });
