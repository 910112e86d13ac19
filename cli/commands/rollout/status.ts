import { Command } from 'commander';
import type { RolloutId } from '../../../domain/ids';
import { lazy } from '../../lazy';
import { type Cli, print, printJson } from '../../output';
import { lookText } from '../../render/look';
import { JSON_OPTION, rolloutIdArgument } from './arguments';

export const rolloutStatus = (cli: Cli): Command =>
  new Command('status')
    .summary('Show how a rollout stands now')
    .description('Looks once. The exit code is 0 whenever there is such a rollout, however it stands.')
    .argument('<rollout>', 'rollout id, as `rollout start` printed it', rolloutIdArgument)
    .option(...JSON_OPTION)
    .action(async (rolloutId: RolloutId, { json }: { json?: true }) =>
      lazy.connect().withRollouts(cli.io, async (rollouts) => {
        const look = await rollouts.look(rolloutId);
        if (json) printJson(cli.io, look);
        else print(cli.io, lookText(look, Date.now()));
      }),
    );
