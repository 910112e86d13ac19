import { parse, satisfies } from 'semver';
import { reasonOf } from './errors';
import { run } from './run';
import type { ToolSpec } from './types';

const ANSWER_WITHIN_MS = 30_000;

/** The first thing in a text that is a version: `v3.250.0` and `temporal version 1.9.1 (Server 1.32.0)` both work. */
export function versionIn(text: string): string | undefined {
  return parse(/\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?/.exec(text)?.[0])?.version;
}

/** Whether a version is at least the minimum and of the same major version. */
export function accepts(minimum: string, version: string): boolean {
  return satisfies(version, `^${minimum}`, { includePrerelease: true });
}

/** A version that will do, or why the executable will not. */
export type Verdict =
  { readonly kind: 'accepted'; readonly version: string } | { readonly kind: 'refused'; readonly reason: string };

/** Runs an executable to learn whether it works here and is new enough. */
export async function inspectExecutable(spec: ToolSpec, path: string): Promise<Verdict> {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: 'true' };
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const version = versionIn(await run(path, spec.versionArguments, { env, signal }));
    if (version === undefined) return { kind: 'refused', reason: `${path} tells no version` };
    if (accepts(spec.minimum, version)) return { kind: 'accepted', version };
    return {
      kind: 'refused',
      reason: `${path} is version ${version}; needed: ${spec.minimum} or newer, same major version`,
    };
  } catch (error) {
    return { kind: 'refused', reason: `${path} does not run: ${reasonOf(error)}` };
  }
}
