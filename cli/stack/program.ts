import { join } from 'node:path';
import type { StackContext } from './context';
import type { Environment } from './environment';

/** What a program needs that works on the infrastructure. */
export interface OnStack {
  readonly env: Environment;
  /** Stack outputs as JSON, with secrets: they go to its stdin. */
  readonly outputs: string;
}

interface Program {
  readonly level: number;
  readonly name: string;
  /** Compiled, below `dist`. */
  readonly script: string;
  /** Beside `--outputs -`. */
  readonly args?: readonly string[];
  readonly needs: OnStack;
}

/** How each of them says that it works, and what it says of itself. */
const READY = /^ready(?:: (.*))?$/;

/**
 * Starts a program of this checkout and waits until it works.
 *
 * @returns what it says of itself
 * @throws ChildDiedError when it ends instead
 */
export async function startProgram(
  { children, paths, root }: StackContext,
  { level, name, script, args = [], needs: { env, outputs } }: Program,
): Promise<string> {
  const child = children.start(level, {
    name,
    command: process.execPath,
    args: [join(root, 'dist', script), ...args, '--outputs', '-'],
    env,
    input: outputs,
    cwd: root,
    logFile: paths.log(name),
  });
  const line = await child.line((said) => READY.test(said.trim()));
  return READY.exec(line.trim())?.[1] ?? '';
}
