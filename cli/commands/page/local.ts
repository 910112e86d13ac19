import { Command } from 'commander';
import { lazy } from '../../lazy';
import type { Cli } from '../../output';
import { portArgument, urlText } from '../listening';
import { outputsText } from '../outputs-text';
import { host } from './hosting';

/** The only address: what it serves is open to whoever has the token, over plain http. */
const LOOPBACK = '127.0.0.1';

interface Options {
  readonly outputs: string;
  readonly tokenFile: string;
  readonly port: number;
}

export const pageLocal = (cli: Cli): Command =>
  new Command('local')
    .summary('Serve the page and all that it needs of the local stack on one address of this machine')
    .description(
      'Serves, until Ctrl-C or SIGTERM, the page, the API of rollouts, and what a browser cannot reach by itself: functions ' +
        'and SignalR of the local Azure, whose names and certificates it does not know. `groundswell dev` runs it. On ' +
        `${LOOPBACK} only; whoever shows the token has both roles.`,
    )
    .requiredOption(
      '--outputs <file>',
      'stack outputs with secrets, as `pulumi stack output --json --show-secrets` prints them; - for stdin',
    )
    .requiredOption('--token-file <file>', 'the token, 32 characters or more, that only its owner may read')
    .option('--port <port>', 'port to listen on; 0 for a free one', portArgument, 4_280)
    .action(async ({ outputs: source, tokenFile, port }: Options) => {
      const { readToken, serveLocalPage } = lazy.page();
      const [outputs, token] = await Promise.all([outputsText(source), readToken(tokenFile)]);
      await host(
        cli,
        (rollouts) => serveLocalPage(cli.io, rollouts, { outputs, token, host: LOOPBACK, port }),
        (bound) => `serves the page at ${urlText({ host: LOOPBACK, port: bound })}; its token is in ${tokenFile}`,
      );
    });
