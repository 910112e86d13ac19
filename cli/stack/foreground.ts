import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Stack } from './stack';

/**
 * Runs a command of our own on the stack, with our terminal.
 *
 * @param args of `groundswell`
 * @returns its exit code; 1 when it was killed
 */
export async function runForeground(stack: Stack, args: readonly string[], signal: AbortSignal): Promise<number> {
  signal.throwIfAborted();
  const child = spawn(process.execPath, [join(stack.root, 'dist/cli/main.js'), ...args], {
    cwd: stack.root,
    env: { ...stack.env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const { pid } = child;
  if (pid !== undefined) stack.guard.add(pid);
  const end = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code ?? 1;
  } finally {
    signal.removeEventListener('abort', end);
    if (pid !== undefined) stack.guard.remove(pid);
  }
}
