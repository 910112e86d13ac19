import { Command } from 'commander';
import type { RolloutId } from '../../../domain/ids';
import type { Cli } from '../../output';
import { AS_OPTION, JSON_OPTION, rolloutIdArgument } from './arguments';
import { orderAndPrint, type OrderCommandOptions } from './order';

export const rolloutProceed = (cli: Cli): Command =>
  new Command('proceed')
    .summary('Let a held rollout go on to its next wave')
    .argument('<rollout>', 'rollout id, as `rollout start` printed it', rolloutIdArgument)
    .requiredOption('--reason <text>', 'why, for the history')
    .option(...AS_OPTION)
    .option(...JSON_OPTION)
    .action((rolloutId: RolloutId, options: OrderCommandOptions) => orderAndPrint(cli, 'proceed', rolloutId, options));
