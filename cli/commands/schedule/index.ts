import { Command } from 'commander';
import type { Cli } from '../../output';
import { scheduleCreate } from './create';
import { scheduleDelete } from './delete';
import { scheduleList } from './list';
import { schedulePause, scheduleResume } from './pause';
import { scheduleShow } from './show';
import { scheduleTrigger } from './trigger';
import { scheduleUpdate } from './update';

/** Recurring rollouts. */
export const schedule = (cli: Cli): Command =>
  [
    scheduleCreate,
    scheduleUpdate,
    scheduleList,
    scheduleShow,
    schedulePause,
    scheduleResume,
    scheduleTrigger,
    scheduleDelete,
  ].reduce(
    (parent, command) => parent.addCommand(command(cli)),
    new Command('schedule').summary('Start a rollout again and again'),
  );
