import type { Component } from './context';
import { type OnStack, startProgram } from './program';

interface Needs extends OnStack {
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
  async start(context, needs) {
    const { devices, group, telemetry } = needs;
    const readings = telemetry ? ['--telemetry-ms', String(READINGS_EVERY_MS)] : [];
    const args = ['--count', String(devices), ...admission(group), ...readings];
    const ready = await startProgram(context, { level: 3, name: this.name, script: 'device/main.js', args, needs });
    context.say(this.name, ready);
  },
};

/** The group's key is not among them: the fleet reads it from the provisioning service. */
const admission = (group: string | undefined): string[] =>
  group === undefined ? ['--admission', 'registry'] : ['--group', group];
