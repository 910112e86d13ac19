import { existsSync } from 'node:fs';
import which from 'which';
import { cachedFolder, executableIn } from './cache';
import type { Attempt, Located, ToolSpec } from './types';
import { inspectExecutable } from './version';

/** Where to look. */
export interface Places {
  /** the cache folder */
  readonly cache: string;
  /** the value of PATH */
  readonly path: string;
}

/** The tool, or each place where it was looked for and why it is not usable from there. */
export interface SearchResult {
  readonly located?: Located;
  readonly attempts: readonly Attempt[];
}

/** Looks on PATH (every match, in order), then in the cache. Installs nothing. */
export async function search(spec: ToolSpec, { cache, path }: Places): Promise<SearchResult> {
  const onPath = await which(spec.tool, { all: true, nothrow: true, path });
  const cached = executableIn(cachedFolder(cache, spec), spec);
  const candidates = [
    ...(onPath ?? []).map((file) => ({ file, source: 'path' as const })),
    ...(existsSync(cached) ? [{ file: cached, source: 'cache' as const }] : []),
  ];
  const attempts: Attempt[] = [];
  for (const { file, source } of candidates) {
    const verdict = await inspectExecutable(spec, file);
    if (verdict.kind === 'accepted') {
      return { located: { tool: spec.tool, path: file, version: verdict.version, source }, attempts };
    }
    attempts.push({ source: source === 'path' ? 'PATH' : 'cache', reason: verdict.reason });
  }
  if (!onPath) attempts.unshift({ source: 'PATH', reason: `no ${spec.tool}` });
  if (!existsSync(cached)) attempts.push({ source: 'cache', reason: `no ${cached}` });
  return { attempts };
}
