import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { KillableStack } from '../support/killable-stack';
import { end, isOver, launch } from '../support/launch';

const CONSUMER = join(process.cwd(), 'dist/functions/local/consumer.js');

/** Processes that read the messages of a stack and keep its devices' states. */
export class Consumers {
  readonly #running: ChildProcess[] = [];
  #started = 0;

  constructor(private readonly stack: KillableStack) {}

  /** Starts another one. @returns once it reads */
  async start(): Promise<void> {
    const name = `consumer-${(this.#started += 1)}`;
    const { env, outputsFile } = this.stack;
    const args = [CONSUMER, '--outputs', outputsFile, '--ownership-seconds', '10', '--log-seconds', '5'];
    const { child, ready } = launch({ name, args, env, logFile: this.stack.logFile(name) });
    this.#running.push(child);
    await ready;
  }

  /** Ends the first of them without a chance to do anything about it. */
  async killOne(): Promise<void> {
    const child = this.#running.shift();
    if (child === undefined || isOver(child)) throw new Error('there is no consumer to kill');
    await end(child, 'SIGKILL');
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((child) => end(child)));
  }
}
