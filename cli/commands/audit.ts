import { Command } from 'commander';
import type { RolloutId } from '../../domain/ids';
import { lazy } from '../lazy';
import { type Cli, EXIT, print, printJson } from '../output';
import { isWhole, verificationText } from '../render/verification';
import { JSON_OPTION, rolloutIdArgument } from './rollout/arguments';

export const audit = (cli: Cli): Command =>
  new Command('audit')
    .summary('Print what happened in a rollout, from the workflow history')
    .description(
      'Tells who started it, each wave, each decision with its numbers, orders by persons, takeovers after crashes, and ' +
        'the end. Needs no worker, but for --verify. Times are UTC.',
    )
    .argument('<rollout>', 'rollout id, as `rollout start` printed it', rolloutIdArgument)
    .option('--verify', 'read all records of the closed rollout in the ledger again, and name what is not as it was')
    .option(...JSON_OPTION)
    .action(async (rolloutId: RolloutId, { json, verify }: { json?: true; verify?: true }) =>
      lazy.connect().withRollouts(cli.io, async (rollouts) => {
        if (verify) {
          const found = await rollouts.verify(rolloutId);
          if (json) printJson(cli.io, { rolloutId, ...found });
          else print(cli.io, verificationText(found));
          if (!isWhole(found)) cli.exit(EXIT.failed);
          return;
        }
        const { timelineOf, timelineText } = lazy.audit();
        const entries = timelineOf(await rollouts.histories(rolloutId), rollouts.converter);
        if (json) printJson(cli.io, { rolloutId, entries });
        else print(cli.io, timelineText(entries));
      }),
    );
