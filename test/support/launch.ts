import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';

export interface Launching {
  readonly name: string;
  readonly command?: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** What it says is appended here. */
  readonly logFile: string;
  /** Whether a line of its stdout says that it works. @default any */
  readonly isReady?: (line: string) => boolean;
}

export interface Launched {
  readonly child: ChildProcess;
  /** The line that said that it works. Rejects when it ends before. */
  readonly ready: Promise<string>;
}

export const isOver = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null;

/** Starts a process, of Node unless `command` names another program. */
export function launch({ name, command = process.execPath, args, env, logFile, isReady }: Launching): Launched {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const log = createWriteStream(logFile, { flags: 'a' });
  log.write(`--- ${new Date().toISOString()} ${name} starts, process ${child.pid ?? 0}\n`);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  child.once('close', () => log.end());
  const ready = new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => (isReady?.(line) ?? true) && resolve(line));
    child.once('error', reject);
    child.once('exit', (code, signal) =>
      reject(new Error(`${name} ended with ${String(code ?? signal)} before it was ready; see ${logFile}`)),
    );
  });
  ready.catch(() => undefined); // it may end when nobody waits for it any more
  return { child, ready };
}

/** Ends a process that may have ended already. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  if (isOver(child)) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}
