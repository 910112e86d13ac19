import { join } from 'node:path';
import { readStackOutputs } from '../../spec/stack-outputs';
import { CliError, EXIT } from '../output';
import type { Component } from './context';
import type { Environment } from './environment';
import { LOCAL_PULUMI_STACK } from './passphrase';

interface Needs {
  readonly env: Environment;
  /** Stack outputs as JSON, with secrets. */
  readonly outputs: string;
  /** Processes that share the partitions. */
  readonly hosts: number;
}

/** @throws CliError where the user's settings leave the event hub to functions of Azure, which do not run here */
function assertReadable(outputs: string): void {
  if (readStackOutputs(outputs).telemetry?.checkpointsUrl !== undefined) return;
  throw new CliError(
    EXIT.failed,
    `the settings of the stack have no telemetry that processes of this machine read`,
    `take groundswell:telemetry out of Pulumi.${LOCAL_PULUMI_STACK}.yaml, or set its field hosts to processes, or give --no-telemetry`,
  );
}

/** What reads the messages of devices and keeps their states. */
export const telemetry: Component<Needs, void> = {
  name: 'telemetry',
  async start({ children, paths, root, say }, { env, outputs, hosts }) {
    assertReadable(outputs);
    const starting = Array.from({ length: hosts }, async (_, index) => {
      const name = index === 0 ? this.name : `${this.name}-${index + 1}`;
      const child = children.start(3, {
        name,
        command: process.execPath,
        args: [join(root, 'dist/functions/local/consumer.js'), '--outputs', '-'],
        env,
        input: outputs,
        cwd: root,
        logFile: paths.log(name),
      });
      const ready = await child.line((line) => line.startsWith('ready: '));
      say(name, ready.slice('ready: '.length));
    });
    await Promise.all(starting);
  },
};
