import { join } from 'node:path';
import type { Component } from './context';
import type { Environment } from './environment';

interface Needs {
  readonly env: Environment;
  /** Stack outputs as JSON, with secrets. */
  readonly outputs: string;
  readonly devices: number;
}

/** Simulated devices. */
export const fleet: Component<Needs, void> = {
  name: 'fleet',
  async start({ children, paths, root, say }, { env, outputs, devices }) {
    const child = children.start(3, {
      name: this.name,
      command: process.execPath,
      args: [join(root, 'dist/device/main.js'), '--outputs', '-', '--count', String(devices)],
      env,
      input: outputs,
      cwd: root,
      logFile: paths.log(this.name),
    });
    const ready = await child.line((line) => line.startsWith('ready: '));
    say(this.name, ready.slice('ready: '.length));
  },
};
