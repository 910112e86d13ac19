import { join } from 'node:path';
import { readStackOutputs } from '../../spec/stack-outputs';
import type { Component } from './context';
import type { Environment } from './environment';
import { freePort, LOOPBACK } from './ports';

interface Needs {
  readonly env: Environment;
  /** Stack outputs as JSON, with secrets. */
  readonly outputs: string;
  /** Where the local Azure looks for function apps. */
  readonly port: number;
}

/** Ports that no system gives out by itself (Linux: from 32768 on), so that nobody takes it before the webhook listens. */
const [FIRST_PORT, PORTS] = [20_000, 10_000];

/** @returns a port for {@link allocation}, to be told to the local Azure when it starts */
export const allocationPort = (): Promise<number> => freePort(FIRST_PORT + Math.floor(Math.random() * PORTS));

/** The allocation webhook, in the place of the stack's function app, where the stack has one. */
export const allocation: Component<Needs, void> = {
  name: 'allocation',
  async start({ children, paths, root, say }, { env, outputs, port }) {
    if (readStackOutputs(outputs).allocation === undefined) return;
    const tls = join(paths.emulator, 'tls');
    const child = children.start(3, {
      name: this.name,
      command: process.execPath,
      args: [
        join(root, 'dist/functions/local/main.js'),
        ...['--outputs', '-', '--listen', `${LOOPBACK}:${port}`],
        ...['--cert', join(tls, 'server.pem'), '--key', join(tls, 'server-key.pem')],
      ],
      env,
      input: outputs,
      cwd: root,
      logFile: paths.log(this.name),
    });
    await child.line((line) => line.startsWith('ready: '));
    say(this.name, 'answers which hub a device gets');
  },
};
