import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** Signals that end a program; the child gets them too. */
const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs a program to its end with this process's standard streams.
 *
 * @returns its exit code; 128 + n when signal n ended it
 * @throws Error when it cannot be started
 */
export async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, args, { env, stdio: 'inherit' });
  const forwards = FORWARDED.map((signal) => {
    // At a terminal Ctrl-C reaches the whole group: sent on, the program would see it twice.
    const forward = (): void => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    process.on(signal, forward);
    return () => process.off(signal, forward);
  });
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', (error) => reject(new Error(`cannot start ${program}: ${error.message}`)));
      child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
    });
  } finally {
    for (const stop of forwards) stop();
  }
}
