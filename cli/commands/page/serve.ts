import { Command } from 'commander';
import { lazy } from '../../lazy';
import { type Cli, CliError, EXIT } from '../../output';
import { LOOPBACK, originArgument, portArgument, type Tls, type TlsFiles, tlsOf, urlText } from '../listening';
import { host } from './hosting';

interface Options extends TlsFiles {
  readonly host: string;
  readonly port: number;
  readonly origin: readonly string[];
  readonly authority: string;
  readonly audience: readonly string[];
  readonly behindTls?: true;
}

const listArgument = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

/** Tokens must not be read on their way. */
function assertGuarded({ host: name, behindTls }: Options, tls: Tls | undefined): void {
  if (LOOPBACK.test(name) || behindTls || tls !== undefined) return;
  throw new CliError(
    EXIT.usage,
    `on ${name}, which is not loopback, people's tokens would come over plain http`,
    'give --cert and --key, or --behind-tls where something in front of it ends TLS',
  );
}

async function serve(cli: Cli, options: Options): Promise<void> {
  const tls = tlsOf(options);
  assertGuarded(options, tls);
  if (options.origin.length === 0)
    throw new CliError(
      EXIT.usage,
      '--origin is missing: no page could ask',
      "give the page's address, such as https://account.z6.web.core.windows.net",
    );
  const { host: name, port, origin: origins, authority, audience } = options;
  const { serveApi } = lazy.page();
  await host(
    cli,
    (rollouts) => serveApi(cli.io, rollouts, { host: name, port, origins, authority, audience, ...(tls && { tls }) }),
    (bound) => `serves the API of rollouts at ${urlText({ host: name, port: bound, tls })}`,
  );
}

export const pageServe = (cli: Cli): Command =>
  new Command('serve')
    .summary('Serve the API of rollouts to the page, for people who sign in with Entra ID')
    .description(
      'Serves, until Ctrl-C or SIGTERM, what the page asks about rollouts and by what it steers them, out of Temporal. Each ' +
        'request shows an access token of the tenant with the role Rollouts.Read or Rollouts.Control; GET /healthz asks for ' +
        'none. docs/dashboard.md says how to set it up.',
    )
    .requiredOption('--authority <url>', 'of the tenant: https://login.microsoftonline.com/<tenant id>')
    .requiredOption(
      '--audience <id>',
      "the API's application id and its api:// address; may be given again",
      listArgument,
    )
    .option('--origin <url>', "the page's origin, exactly; may be given again", originArgument, [])
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 for a free one', portArgument, 8_092)
    .option('--cert <file>', 'certificate chain, PEM')
    .option('--key <file>', "the certificate's key, PEM")
    .option('--behind-tls', 'something in front of it ends TLS, such as the ingress of a container app')
    .action((options: Options) => serve(cli, options));
