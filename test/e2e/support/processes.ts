import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = join(__dirname, '../../..');

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
}

/** A program that a test runs, in a process group of its own. */
export class Program {
  readonly lines: string[] = [];
  readonly finished: Promise<Finished>;
  private readonly process: ChildProcess;
  private readonly onLine = new Set<() => void>();

  constructor(command: string, args: readonly string[], { env, cwd = ROOT, input }: RunOptions) {
    const child = spawn(command, args, { env, cwd, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.end(input ?? '');
    const [stdout, stderr] = [this.collect(child.stdout), this.collect(child.stderr)];
    this.process = child;
    this.finished = once(child, 'close').then(([code]) => {
      for (const wake of this.onLine) wake();
      return { code: code as number | null, stdout: stdout.join('\n'), stderr: stderr.join('\n') };
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  /** Waits for a line on either stream; a program that ends before fails the test with all that it printed. */
  async line(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => pattern.test(line));
      if (found !== undefined) return found;
      if (this.process.exitCode !== null || this.process.signalCode !== null) {
        throw new Error(`ended without a line like ${String(pattern)}:\n${this.lines.join('\n')}`);
      }
      await new Promise<void>((resolve) => this.onLine.add(resolve));
      this.onLine.clear();
    }
  }

  /** Ends it as Ctrl-C does and waits. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Finished> {
    this.process.kill(signal);
    return this.finished;
  }

  private collect(stream: NodeJS.ReadableStream): string[] {
    const own: string[] = [];
    createInterface({ input: stream }).on('line', (line) => {
      own.push(line);
      this.lines.push(line);
      for (const wake of this.onLine) wake();
    });
    return own;
  }
}

/** Ids and command lines of the processes whose command line holds the text; defunct ones do not count. */
export const processesWith = (text: string): string[] =>
  execFileSync('ps', ['-eo', 'pid=,stat=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(text) && !/^\s*\d+ Z/.test(line));
