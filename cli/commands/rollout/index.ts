import { Command } from 'commander';
import type { Cli } from '../../output';
import { rolloutAbort } from './abort';
import { rolloutInit } from './init';
import { rolloutLint } from './lint';
import { rolloutList } from './list';
import { rolloutPlan } from './plan';
import { rolloutProceed } from './proceed';
import { rolloutStart } from './start';
import { rolloutStatus } from './status';
import { rolloutWatch } from './watch';

/** Everything about one rollout. */
export const rollout = (cli: Cli): Command =>
  [
    rolloutInit,
    rolloutLint,
    rolloutList,
    rolloutPlan,
    rolloutStart,
    rolloutWatch,
    rolloutStatus,
    rolloutProceed,
    rolloutAbort,
  ].reduce(
    (parent, command) => parent.addCommand(command(cli)),
    new Command('rollout').summary('Plan, start, watch and steer a rollout'),
  );
