import type { Component } from './context';
import { freePort, LOOPBACK } from './ports';
import { type OnStack, startProgram } from './program';

interface Needs extends OnStack {
  readonly tokenFile: string;
  /** When it is free. */
  readonly port: number;
}

/** The page, with all that it needs on one address of this machine. Gives the address, without the token. */
export const page: Component<Needs, string> = {
  name: 'page',
  async start(context, needs) {
    const port = await freePort(needs.port);
    const args = ['page', 'local', '--token-file', needs.tokenFile, '--port', String(port)];
    await startProgram(context, { level: 4, name: this.name, script: 'cli/main.js', args, needs });
    const address = `http://${LOOPBACK}:${port}`;
    context.say(this.name, `is at ${address}`);
    return address;
  },
};
