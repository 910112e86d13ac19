import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CommandFailedError } from './errors';

const LINES_KEPT = 15;
const GRACE_MS = 10_000;

/** How to run a command line to its end. */
export interface RunOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** when aborted, the command is interrupted, then killed with everything it started */
  readonly signal?: AbortSignal;
  /** gets each line of stderr as it comes */
  readonly onErrorLine?: (line: string) => void;
}

/**
 * Runs a command in a process group of its own, so that it can be ended whole.
 *
 * @returns its standard output
 * @throws CommandFailedError when it cannot be started, is aborted, or ends with another exit code than 0
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const shown = [command, ...args].join(' ');
  if (options.signal?.aborted) throw new CommandFailedError(shown, 'was not started: interrupted', []);
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  const stopped = stopOnAbort(child, options.signal);
  const { stdout, lastLines } = collect(child, options.onErrorLine);
  const outcome = await outcomeOf(child);
  stopped();
  if (outcome !== undefined) throw new CommandFailedError(shown, outcome, lastLines());
  return stdout();
}

function collect(child: ChildProcess, onErrorLine: RunOptions['onErrorLine']) {
  const out: Buffer[] = [];
  const lines: string[] = [];
  const keep = (line: string) => {
    lines.push(line);
    if (lines.length > LINES_KEPT) lines.shift();
  };
  child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
  if (child.stderr) {
    createInterface({ input: child.stderr }).on('line', (line) => {
      keep(line);
      onErrorLine?.(line);
    });
  }
  const stdout = () => Buffer.concat(out).toString('utf8');
  const lastLines = () => (lines.length > 0 ? lines : stdout().trimEnd().split('\n').slice(-LINES_KEPT));
  return { stdout, lastLines };
}

/** Resolves to what went wrong, or undefined when the command ended well. */
async function outcomeOf(child: ChildProcess): Promise<string | undefined> {
  try {
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    if (code === 0) return undefined;
    return signal ? `was ended by ${signal}` : `ended with exit code ${code ?? 'unknown'}`;
  } catch (error) {
    return `could not be started: ${(error as Error).message}`;
  }
}

/** @returns a function that takes the watch away and, after an abort, ends what is left of the process group */
function stopOnAbort(child: ChildProcess, signal: AbortSignal | undefined): () => void {
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    child.kill('SIGINT');
    timer = setTimeout(() => killGroup(child), GRACE_MS);
  };
  signal?.addEventListener('abort', stop, { once: true });
  return () => {
    signal?.removeEventListener('abort', stop);
    clearTimeout(timer);
    if (signal?.aborted) killGroup(child);
  };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
