import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Environment } from './environment';

const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Runs a short command and keeps what it prints in memory only.
 *
 * @returns its stdout, which may hold secrets
 * @throws an Error with its stderr and never its stdout, when it cannot be started or ends with another code than 0
 */
export async function capture(
  command: string,
  args: readonly string[],
  { env, cwd, signal }: { readonly env: Environment; readonly cwd?: string; readonly signal?: AbortSignal },
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, {
      env: { ...env },
      cwd,
      signal,
      maxBuffer: MOST_BYTES,
    });
    return stdout;
  } catch (error) {
    // No cause: the error of execFile holds stdout.
    const { code, stderr } = error as { code?: unknown; stderr?: string };
    const said = stderr?.trim() || (error instanceof Error ? error.name : String(error));
    // eslint-disable-next-line preserve-caught-error -- see above
    throw new Error(`${[command, ...args].join(' ')} failed (${String(code)}): ${said}`);
  }
}
