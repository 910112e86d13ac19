import { join } from 'node:path';
import { readStackOutputs } from '../../spec/stack-outputs';
import type { Component } from './context';
import { freePort, LOOPBACK } from './ports';
import { type OnStack, startProgram } from './program';

interface Needs extends OnStack {
  /** Where the local Azure looks for function apps. */
  readonly port: number;
  /** Of the page, whose bearer is let in; without one function keys are asked for. */
  readonly tokenFile: string | undefined;
}

/** Ports that no system gives out by itself (Linux: from 32768 on), so that nobody takes it before the host listens. */
const [FIRST_PORT, PORTS] = [20_000, 10_000];

/** @returns a port for {@link functions}, to be told to the local Azure when it starts */
export const functionsPort = (): Promise<number> => freePort(FIRST_PORT + Math.floor(Math.random() * PORTS));

/** The functions, in the place of the stack's function apps, where the stack has any. */
export const functions: Component<Needs, void> = {
  name: 'functions',
  async start(context, needs) {
    const { outputs, port, tokenFile } = needs;
    const { allocation, telemetry } = readStackOutputs(outputs);
    if (allocation === undefined && telemetry === undefined) return;
    const tls = join(context.paths.emulator, 'tls');
    const args = [
      ...['--listen', `${LOOPBACK}:${port}`],
      ...['--cert', join(tls, 'server.pem'), '--key', join(tls, 'server-key.pem')],
      ...(tokenFile === undefined ? [] : ['--token-file', tokenFile]),
    ];
    const script = 'functions/local/main.js';
    context.say(this.name, await startProgram(context, { level: 3, name: this.name, script, args, needs }));
  },
};
