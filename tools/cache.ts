import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import type { ToolSpec } from './types';
import { inspectExecutable } from './version';

const STAGING = '.staging-';

/** The folder outside the checkout that holds installed tools: `GROUNDSWELL_CACHE`, else the platform's cache folder. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['GROUNDSWELL_CACHE'];
  return given === undefined || given === '' ? envPaths('groundswell', { suffix: '' }).cache : given;
}

/** Where one version of a tool lies for this platform; its executable is `bin/<tool>` below. */
export function cachedFolder(cache: string, { tool, pinned }: ToolSpec): string {
  return join(cache, tool, `${pinned}-${process.platform}-${process.arch}`);
}

/** The executable of a tool in a folder that a source filled. */
export function executableIn(folder: string, { tool }: ToolSpec): string {
  return join(folder, 'bin', process.platform === 'win32' ? `${tool}.exe` : tool);
}

/**
 * Fills a staging folder, checks that the executable runs, and only then gives it its final name, so that no other
 * process ever sees half a tool.
 *
 * @param fill puts the tool into the folder it is given
 * @throws what `fill` throws, or why the result was refused; nothing is left behind then
 */
export async function addToCache(
  cache: string,
  spec: ToolSpec,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const home = join(cache, spec.tool);
  await mkdir(home, { recursive: true });
  const staging = await mkdtemp(join(home, STAGING));
  try {
    await fill(staging);
    const verdict = await inspectExecutable(spec, executableIn(staging, spec));
    if (verdict.kind === 'refused') throw new Error(verdict.reason);
    await publish(staging, cachedFolder(cache, spec), spec);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** Removes what a killed process left half done. Call it only under the tool's lock. */
export async function sweepStaging(cache: string, { tool }: ToolSpec): Promise<void> {
  const home = join(cache, tool);
  const leftovers = (await readdir(home)).filter((name) => name.startsWith(STAGING));
  await Promise.all(leftovers.map((name) => rm(join(home, name), { recursive: true, force: true })));
}

async function publish(staging: string, target: string, spec: ToolSpec): Promise<void> {
  try {
    await rename(staging, target);
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    if ((await inspectExecutable(spec, executableIn(target, spec))).kind === 'accepted') return;
    await rename(target, `${staging}-replaced`);
    await rename(staging, target);
    await rm(`${staging}-replaced`, { recursive: true, force: true });
  }
}
