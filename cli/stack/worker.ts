import { join } from 'node:path';
import type { Component } from './context';
import type { Environment } from './environment';

interface Needs {
  readonly env: Environment;
  /** Stack outputs as JSON, with secrets. */
  readonly outputs: string;
}

/** The Temporal worker that runs rollouts. */
export const worker: Component<Needs, void> = {
  name: 'worker',
  async start({ children, paths, root, say }, { env, outputs }) {
    const child = children.start(3, {
      name: this.name,
      command: process.execPath,
      args: [join(root, 'dist/worker/main.js'), '--outputs', '-'],
      env,
      input: outputs,
      cwd: root,
      logFile: paths.log(this.name),
    });
    await child.line((line) => line.trim() === 'ready');
    say(this.name, 'polls for rollouts');
  },
};
