import type { Component } from './context';
import { type OnStack, startProgram } from './program';

/** The Temporal worker that runs rollouts. */
export const worker: Component<OnStack, void> = {
  name: 'worker',
  async start(context, needs) {
    await startProgram(context, { level: 3, name: this.name, script: 'worker/main.js', needs });
    context.say(this.name, 'polls for rollouts');
  },
};
