import { Command, InvalidArgumentError } from 'commander';
import { lazy } from '../../lazy';
import { type Cli, print, printJson } from '../../output';
import type { PageSettings } from '../../page';
import { outputsText } from '../outputs-text';
import { JSON_OPTION } from '../rollout/arguments';

interface Options extends Omit<PageSettings, 'onlineWithinSeconds'> {
  readonly outputs: string;
  readonly onlineWithin?: number;
  readonly json?: true;
}

function secondsArgument(text: string): number {
  const seconds = Number(text);
  if (Number.isInteger(seconds) && seconds >= 1) return seconds;
  throw new InvalidArgumentError('A whole number of seconds from 1 on.');
}

export const pageDeploy = (cli: Cli): Command =>
  new Command('deploy')
    .summary('Deploy the page to the static website of a stack')
    .description(
      'Uploads what has changed of the page and its config.json to the storage account of the stack, then removes files of ' +
        'earlier builds. Signs in as DefaultAzureCredential does. Running it again changes nothing.',
    )
    .requiredOption(
      '--outputs <file>',
      'stack outputs, as `pulumi stack output --json --show-secrets` prints them; - for stdin',
    )
    .requiredOption('--client-id <id>', "of the page's app registration in Entra ID")
    .option('--authority <url>', "of the tenant (default: that of the functions' sign-in)")
    .option(
      '--functions-scope <scope>',
      "asked for, for the functions (default: of the functions' audience, /.default)",
    )
    .option('--rollouts-url <url>', 'of the API of rollouts, without /api; without it the page shows devices only')
    .option('--rollouts-scope <scope>', 'asked for, for the API of rollouts: api://<id>/.default')
    .option(
      '--online-within <seconds>',
      'a device is online while its last message is at most so old (default: 300)',
      secondsArgument,
    )
    .option(...JSON_OPTION)
    .action(async ({ outputs, json, onlineWithin, ...settings }: Options) => {
      const { deployTo } = lazy.page();
      const given = { ...settings, ...(onlineWithin !== undefined && { onlineWithinSeconds: onlineWithin }) };
      const done = await deployTo(await outputsText(outputs), given);
      if (json) printJson(cli.io, done);
      else
        print(
          cli.io,
          `${done.uploaded.length} uploaded, ${done.unchangedCount} unchanged, ${done.removed.length} removed: ${done.url}`,
        );
    });
