import { readStackOutputs } from '../../spec/stack-outputs';
import { CliError, EXIT } from '../output';
import type { Component } from './context';
import { LOCAL_PULUMI_STACK } from './passphrase';
import { type OnStack, startProgram } from './program';

interface Needs extends OnStack {
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
  async start(context, needs) {
    assertReadable(needs.outputs);
    const starting = Array.from({ length: needs.hosts }, async (_, index) => {
      const name = index === 0 ? this.name : `${this.name}-${index + 1}`;
      const script = 'functions/local/consumer.js';
      context.say(name, await startProgram(context, { level: 3, name, script, needs }));
    });
    await Promise.all(starting);
  },
};
