import { Command } from 'commander';
import type { RolloutId } from '../../../domain/ids';
import { lazy } from '../../lazy';
import type { Cli } from '../../output';
import { JSON_OPTION, rolloutIdArgument } from './arguments';
import { follow } from './follow';

export const rolloutWatch = (cli: Cli): Command =>
  new Command('watch')
    .summary('Watch a rollout: a bar per wave in a terminal, a line per change in a pipe')
    .description(
      'Watches until the rollout ends or is held. Ctrl-C ends the watching, never the rollout. ' +
        'With --json each change is one line of JSON.',
    )
    .argument('<rollout>', 'rollout id, as `rollout start` printed it', rolloutIdArgument)
    .option(...JSON_OPTION)
    .action(async (rolloutId: RolloutId, { json }: { json?: true }) =>
      lazy.connect().withRollouts(cli.io, (rollouts) => follow(cli, rollouts, rolloutId, json)),
    );
