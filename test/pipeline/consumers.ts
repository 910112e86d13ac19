import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { KillableStack } from '../support/killable-stack';

const ROOT = process.cwd();

/** Processes that read the messages of a stack and keep its devices' states. */
export class Consumers {
  readonly #running: ChildProcess[] = [];
  #started = 0;

  constructor(private readonly stack: KillableStack) {}

  /** Starts another one. @returns once it reads */
  async start(): Promise<void> {
    const args = [join(ROOT, 'dist/functions/local/consumer.js'), '--outputs', this.stack.outputsFile];
    const child = spawn(process.execPath, [...args, '--ownership-seconds', '10', '--log-seconds', '5'], {
      env: this.stack.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.push(child);
    const log = createWriteStream(join(this.stack.folder, 'logs', `consumer-${(this.#started += 1)}.log`));
    child.stderr.pipe(log);
    const lines = createInterface({ input: child.stdout });
    const ended = once(child, 'exit').then(([code, signal]) => {
      throw new Error(`the consumer ended with ${String(code ?? signal)} before it was ready; see ${String(log.path)}`);
    });
    ended.catch(() => undefined);
    await Promise.race([once(lines, 'line'), ended]);
  }

  /** Ends the first of them without a chance to do anything about it. */
  async killOne(): Promise<void> {
    const child = this.#running.shift();
    if (child === undefined || isOver(child)) throw new Error('there is no consumer to kill');
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async stop(): Promise<void> {
    const running = this.#running.splice(0).filter((child) => !isOver(child));
    await Promise.all(
      running.map(async (child) => {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }),
    );
  }
}

const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;
