import { join } from 'node:path';
import type { Component } from './context';
import type { Environment } from './environment';

interface Needs {
  readonly env: Environment;
  /** Stack outputs as JSON, with secrets. */
  readonly outputs: string;
  readonly devices: number;
  /** Enrollment group that they are members of, so that they can be moved; registered on the hub itself without one. */
  readonly group: string | undefined;
  /** Whether they send readings. */
  readonly telemetry: boolean;
}

/** How often each device sends, in milliseconds. */
const READINGS_EVERY_MS = 5_000;

/** Simulated devices. */
export const fleet: Component<Needs, void> = {
  name: 'fleet',
  async start({ children, paths, root, say }, { env, outputs, devices, group, telemetry }) {
    const child = children.start(3, {
      name: this.name,
      command: process.execPath,
      args: [
        join(root, 'dist/device/main.js'),
        ...['--outputs', '-', '--count', String(devices), ...admission(group)],
        ...(telemetry ? ['--telemetry-ms', String(READINGS_EVERY_MS)] : []),
      ],
      env,
      input: outputs,
      cwd: root,
      logFile: paths.log(this.name),
    });
    const ready = await child.line((line) => line.startsWith('ready: '));
    say(this.name, ready.slice('ready: '.length));
  },
};

/** The group's key is not among them: the fleet reads it from the provisioning service. */
const admission = (group: string | undefined): string[] =>
  group === undefined ? ['--admission', 'registry'] : ['--group', group];
