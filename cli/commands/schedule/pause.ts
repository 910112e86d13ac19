import { Command } from 'commander';
import type { Order } from '../../../domain/progress';
import { type Cli, print } from '../../output';
import type { Schedules } from '../../schedules';
import { AS_OPTION, orderOf, type OrderOptions } from '../rollout/arguments';
import { withSchedules } from './with-schedules';

type Steer = (schedules: Schedules, name: string, order: Order) => Promise<void>;

const steering = (verb: string, done: string, summary: string, steer: Steer) => (cli: Cli) =>
  new Command(verb)
    .summary(summary)
    .argument('<name>', 'name of the schedule')
    .requiredOption('--reason <text>', 'why; kept with the schedule, with your name')
    .option(...AS_OPTION)
    .action((name: string, options: OrderOptions) =>
      withSchedules(cli, async (schedules) => {
        await steer(schedules, name, orderOf(options));
        print(cli.io, `${done} schedule ${name}`);
      }),
    );

export const schedulePause = steering(
  'pause',
  'paused',
  'Start nothing more until it is resumed; a rollout that runs goes on',
  (schedules, name, order) => schedules.pause(name, order),
);

export const scheduleResume = steering(
  'resume',
  'resumed',
  'Go on after a pause; starts that fell into it are not made up for',
  (schedules, name, order) => schedules.resume(name, order),
);
