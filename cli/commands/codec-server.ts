import { Command } from 'commander';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { lazy } from '../lazy';
import { type Cli, CliError, EXIT, note, print } from '../output';
import { LOOPBACK, originArgument, portArgument, type TlsFiles, tlsOf, urlText } from './listening';

/** The worker's variable; never an argument, which every process of the machine could read. */
const TOKEN = 'GROUNDSWELL_CODEC_TOKEN';

interface Options extends TlsFiles {
  readonly host: string;
  readonly port: number;
  readonly origin: readonly string[];
}

/** What it hands out is what encryption hides: away from this machine it asks for a token, over TLS. */
function assertGuarded({ host }: Options, token: string | undefined, tls: object | undefined): void {
  if (LOOPBACK.test(host) || (token !== undefined && tls !== undefined)) return;
  throw new CliError(
    EXIT.usage,
    `on ${host}, which is not loopback, the codec server runs with a token and a certificate only`,
    `set ${TOKEN}, and give --cert and --key`,
  );
}

async function serve(cli: Cli, options: Options): Promise<void> {
  const { io } = cli;
  const { createCodec, createCodecServer, keysOf } = lazy.codecServer();
  const keys = keysOf(io.env);
  if (keys === undefined)
    throw new CliError(EXIT.usage, 'there are no keys to decode with', 'set GROUNDSWELL_CODEC_KEYS_FILE');
  const { [TOKEN]: token } = io.env;
  const tls = tlsOf(options);
  assertGuarded(options, token, tls);
  const server = createCodecServer({ codec: createCodec(keys), origins: options.origin, token, tls });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  print(io, `codec server at ${urlText({ ...options, port, tls })}`);
  const closed = once(server, 'close');
  const stopListening = io.onInterrupt(() => {
    server.close();
    server.closeAllConnections();
  });
  await closed;
  stopListening();
  note(io, 'stopped');
}

export const codecServer = (cli: Cli): Command =>
  new Command('codec-server')
    .summary('Decode payloads for the Temporal UI and the temporal command line')
    .description(
      'Serves POST /decode and /encode with the keys of GROUNDSWELL_CODEC_KEYS_FILE until Ctrl-C. On loopback it asks for ' +
        `a bearer token if ${TOKEN} is set; elsewhere it needs both that and a certificate. Web pages may ask only from ` +
        'the origins that are given.',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 for a free one', portArgument, 8_081)
    .option('--origin <url>', "the UI's origin, exactly; may be given again", originArgument, [])
    .option('--cert <file>', 'certificate chain, PEM')
    .option('--key <file>', "the certificate's key, PEM")
    .action((options: Options) => serve(cli, options));
