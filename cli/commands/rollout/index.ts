import { Command } from 'commander';
import type { Cli } from '../../output';
import { rolloutDevices } from './devices';
import { rolloutInit } from './init';
import { rolloutLint } from './lint';
import { rolloutList } from './list';
import { rolloutPlan } from './plan';
import { rolloutStart } from './start';
import { rolloutStatus } from './status';
import { rolloutSteering } from './steer';
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
    rolloutDevices,
    ...rolloutSteering,
  ].reduce(
    (parent, command) => parent.addCommand(command(cli)),
    new Command('rollout').summary('Plan, start, watch and steer a rollout'),
  );
