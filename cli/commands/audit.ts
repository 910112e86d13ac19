import { Command } from 'commander';
import type { RolloutId } from '../../domain/ids';
import { lazy } from '../lazy';
import { type Cli, print, printJson } from '../output';
import { JSON_OPTION, rolloutIdArgument } from './rollout/arguments';

export const audit = (cli: Cli): Command =>
  new Command('audit')
    .summary('Print what happened in a rollout, from the workflow history')
    .description(
      'Tells who started it, each wave, each decision with its numbers, orders by persons, takeovers after crashes, and ' +
        'the end. Needs no worker. Times are UTC.',
    )
    .argument('<rollout>', 'rollout id, as `rollout start` printed it', rolloutIdArgument)
    .option(...JSON_OPTION)
    .action(async (rolloutId: RolloutId, { json }: { json?: true }) =>
      lazy.connect().withRollouts(cli.io, async (rollouts) => {
        const { timelineOf, timelineText } = lazy.audit();
        const entries = timelineOf(await rollouts.histories(rolloutId), rollouts.converter);
        if (json) printJson(cli.io, { rolloutId, entries });
        else print(cli.io, timelineText(entries));
      }),
    );
