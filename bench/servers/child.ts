import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A server in a process of its own. */
export interface Child {
  readonly pid: number;
  readonly stop: () => Promise<void>;
}

/** How long a child may take to end by itself before it is killed. */
const GRACE_MS = 20_000;

/**
 * Starts a server and waits for its first line on stdout, which says that it is ready. What it says on stderr is shown.
 *
 * @throws Error when it ends before
 */
export async function startChild(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Child & { firstLine: string }> {
  const options: SpawnOptions = { stdio: ['ignore', 'pipe', 'inherit'], env };
  const child = spawn(command, args, options);
  if (child.stdout === null || child.pid === undefined) throw new Error(`cannot start ${command}`);
  const lines = createInterface({ input: child.stdout });
  const firstLine = await Promise.race([
    once(lines, 'line').then(([line]) => String(line)),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${command} ended with ${String(code)} before it was ready`);
    }),
  ]);
  return { pid: child.pid, firstLine, stop: () => stop(child) };
}

/** Ends a child and waits until it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const timer = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  child.kill('SIGTERM');
  await once(child, 'exit');
  clearTimeout(timer);
}
