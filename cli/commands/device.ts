import { Command } from 'commander';
import { deviceIdOf } from '../../domain/ids';
import { lazy } from '../lazy';
import { type Cli, print, printJson } from '../output';
import { storyText } from '../render/story';
import { JSON_OPTION } from './rollout/arguments';

export const device = (cli: Cli): Command =>
  new Command('device')
    .summary("Tell a device's story over all rollouts: waves, attempts, outcomes, snapshots, skips")
    .description(
      'Looks the device up in the plans and results that the ledger has. A worker reads them: the command line needs no ' +
        'right on the storage. Times are UTC.',
    )
    .argument('<device>', 'device id')
    .option(...JSON_OPTION)
    .action(async (name: string, { json }: { json?: true }) => {
      const { withRollouts, noteMissingWorker } = lazy.connect();
      await withRollouts(cli.io, async (rollouts) => {
        await noteMissingWorker(cli.io, rollouts);
        const story = await rollouts.story(deviceIdOf(name));
        if (json) printJson(cli.io, story);
        else print(cli.io, storyText(story));
      });
    });
