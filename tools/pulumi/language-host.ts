import { promisify } from 'node:util';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { LanguageRuntimeService } from '@pulumi/pulumi/proto/language_grpc_pb';
import { languageRuntime } from './language-runtime';

const UNLIMITED = -1;

/**
 * Serves Pulumi programs written for Node to a pulumi that came without its own language host: prints the port it
 * listens on (loopback only), and ends with its programs when it is interrupted or when the engine, which holds the
 * other end of standard input, is gone.
 *
 * @param args the engine's arguments; the last one is the engine's address
 */
export async function serveLanguageHost(args: readonly string[]): Promise<void> {
  const engineAddress = args.at(-1);
  if (engineAddress === undefined)
    throw new Error('this program is started by pulumi; its last argument must be the address of the engine');
  const server = new Server({
    'grpc.max_receive_message_length': UNLIMITED,
    'grpc.max_send_message_length': UNLIMITED,
  });
  const runtime = languageRuntime(engineAddress);
  server.addService(LanguageRuntimeService, runtime.service);
  const bind = promisify(server.bindAsync.bind(server));
  const port = await bind('127.0.0.1:0', ServerCredentials.createInsecure());
  process.stdout.write(`${port}\n`);
  await engineGone();
  await runtime.close();
  server.forceShutdown();
  process.stdin.destroy();
}

function engineGone(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve());
    process.stdin.once('close', () => resolve()).resume();
  });
}
