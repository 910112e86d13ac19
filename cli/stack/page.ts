import { join } from 'node:path';
import type { Component } from './context';
import type { Environment } from './environment';
import { freePort, LOOPBACK } from './ports';

interface Needs {
  readonly env: Environment;
  /** Stack outputs as JSON, with secrets. */
  readonly outputs: string;
  readonly tokenFile: string;
  /** When it is free. */
  readonly port: number;
}

/** The page, with all that it needs on one address of this machine. Gives the address, without the token. */
export const page: Component<Needs, string> = {
  name: 'page',
  async start({ children, paths, root, say }, { env, outputs, tokenFile, port: preferred }) {
    const port = await freePort(preferred);
    const child = children.start(4, {
      name: this.name,
      command: process.execPath,
      args: [
        join(root, 'dist/cli/main.js'),
        ...['page', 'local', '--outputs', '-', '--token-file', tokenFile, '--port', String(port)],
      ],
      env,
      input: outputs,
      cwd: root,
      logFile: paths.log(this.name),
    });
    await child.line((line) => line.startsWith('ready: '));
    const address = `http://${LOOPBACK}:${port}`;
    say(this.name, `is at ${address}`);
    return address;
  },
};
