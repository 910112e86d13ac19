import { Command } from 'commander';
import type { RolloutSpec } from '../../../domain/spec';
import { type Cli, note, print, printJson } from '../../output';
import { scheduleDiff, scheduleText } from '../../render/schedule';
import { planOfSchedule, type ScheduleDetails, type SchedulePlan } from '../../schedules';
import { AS_OPTION, JSON_OPTION, orderOf, type OrderOptions } from '../rollout/arguments';
import { readSpec } from '../rollout/spec-file';
import { type GivenTimes, timesOf } from './times';
import { withSchedules } from './with-schedules';

interface Options extends OrderOptions, Partial<Omit<GivenTimes, 'until'>> {
  /** False: without a last day. */
  readonly until?: string | false;
  readonly preview?: true;
  readonly json?: true;
}

/** Times that are not given stay. @throws CliError (exit code 2); all mistakes are printed before */
function planWith(cli: Cli, options: Options, now: ScheduleDetails, spec: RolloutSpec): SchedulePlan {
  const { cron = now.cron, timeZone = now.timeZone, jitter, until } = options;
  const given = { cron, timeZone, ...(jitter !== undefined && { jitter }), ...(until && { until }) };
  const { times } = planOfSchedule(now);
  const next = timesOf(cli, now.name, given, options.json);
  const { jitterMs = times.jitterMs } = next;
  const endAt = until === false ? undefined : (next.endAt ?? times.endAt);
  return {
    times: { name: now.name, cron, timeZone, ...(jitterMs && { jitterMs }), ...(endAt && { endAt }) },
    spec,
  };
}

export const scheduleUpdate = (cli: Cli): Command =>
  new Command('update')
    .summary('Change the spec or the times of a schedule, from its next start on')
    .description(
      'Shows what changes, line by line, then changes it; with --preview it only shows. Times that are not given stay as they are, ' +
        'a pause stays, and a rollout that runs goes on as it began. From then on rollouts start in the name of who changed it.',
    )
    .argument('<name>', 'name of the schedule')
    .argument('<spec>', 'rollout spec, YAML or JSON; - reads standard input; kept as it is now')
    .option('--cron <expression>', "five fields of cron, such as '0 2 * * SUN'")
    .option('--time-zone <name>', 'zone of the cron expression, such as Europe/Berlin')
    .option('--jitter <duration>', 'put each start off by a random time up to this, such as 5m; 0s for none')
    .option('--until <date>', 'last day on which it starts a rollout, such as 2027-06-30')
    .option('--no-until', 'without a last day')
    .option('--preview', 'only show what would change')
    .option('--reason <text>', 'why, for the history of each rollout')
    .option(...AS_OPTION)
    .option(...JSON_OPTION)
    .action(async (name: string, file: string, options: Options) => {
      const spec = await readSpec(cli, file, options.json);
      await withSchedules(cli, async (schedules) => {
        const now = await schedules.show(name);
        const plan = planWith(cli, options, now, spec);
        const changes = scheduleDiff(planOfSchedule(now), plan);
        const isDone = changes.length > 0 && options.preview !== true;
        if (!options.json) for (const line of changes) print(cli.io, line);
        const after = isDone ? await schedules.update(plan, orderOf(options)) : now;
        if (options.json) printJson(cli.io, { changed: isDone, changes, schedule: after });
        else if (isDone) print(cli.io, `changed schedule ${name}\n${scheduleText(after)}`);
        else note(cli.io, changes.length === 0 ? `schedule ${name} is so already` : 'a preview; nothing was changed');
      });
    });
