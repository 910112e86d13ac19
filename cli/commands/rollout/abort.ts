import { Command } from 'commander';
import type { RolloutId } from '../../../domain/ids';
import type { Cli } from '../../output';
import { AS_OPTION, JSON_OPTION, rolloutIdArgument } from './arguments';
import { orderAndPrint, type OrderCommandOptions } from './order';

export const rolloutAbort = (cli: Cli): Command =>
  new Command('abort')
    .summary('End a rollout; the batch in flight finishes, no further device is touched')
    .argument('<rollout>', 'rollout id, as `rollout start` printed it', rolloutIdArgument)
    .requiredOption('--reason <text>', 'why, for the history')
    .option(...AS_OPTION)
    .option(...JSON_OPTION)
    .action((rolloutId: RolloutId, options: OrderCommandOptions) => orderAndPrint(cli, 'abort', rolloutId, options));
