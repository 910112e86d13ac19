import { gte } from 'semver';
import which from 'which';
import { reasonOf } from './errors';
import { run } from './run';
import { versionIn } from './version';

/** A program that installs others: found where, and which version. */
export interface Prerequisite {
  readonly path: string;
  readonly version: string;
}

const ANSWER_WITHIN_MS = 30_000;

/** @returns the first Python on PATH that has pip, and pip's version */
export async function findPip(path?: string): Promise<Prerequisite | undefined> {
  for (const name of ['python3', 'python', 'py']) {
    const python = await which(name, { nothrow: true, path });
    const version = python ? await versionFrom(python, ['-m', 'pip', '--version']) : undefined;
    if (python && version) return { path: python, version };
  }
  return undefined;
}

/** @returns the Go on PATH; asked for its own version, not for that of a toolchain that it would fetch */
export async function findGo(path?: string): Promise<Prerequisite | undefined> {
  const go = await which('go', { nothrow: true, path });
  const version = go ? await versionFrom(go, ['env', 'GOVERSION'], { GOTOOLCHAIN: 'local' }) : undefined;
  return go && version ? { path: go, version } : undefined;
}

/** Go from this version on fetches a newer toolchain by itself when a module asks for one (go.dev/doc/toolchain). */
const GO_SELF_UPDATING = '1.21.0';

/** Why a Go cannot build a module that asks for `needed`, or undefined when it can. */
export async function goObstacle({ path, version }: Prerequisite, needed: string): Promise<string | undefined> {
  if (gte(version, needed)) return undefined;
  const choice = gte(version, GO_SELF_UPDATING) ? await run(path, ['env', 'GOTOOLCHAIN']).catch(reasonOf) : 'local';
  if (choice.trim().startsWith('auto') || choice.trim().endsWith('+auto')) return undefined;
  return `Go ${version} at ${path} is older than ${needed}`;
}

async function versionFrom(
  file: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string | undefined> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    return versionIn(padded(await run(file, args, { env: { ...process.env, ...env }, signal })));
  } catch {
    return undefined; // a program that does not answer is as good as none
  }
}

/** Both programs leave out a zero patch number at times: `pip 24.0`, `go1.26`. */
const padded = (text: string) => text.replace(/(\d+\.\d+)(?![\d.])/, '$1.0');
