import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../tools/cache';
import { withLock } from '../../tools/lock';

const run = promisify(execFile);
const REQUIREMENTS = resolve('test/support/python-requirements.txt');
const QUIET = ['--quiet', '--no-input', '--disable-pip-version-check', '--no-warn-script-location'];

/**
 * Microsoft's Python SDKs, installed once per machine: half a minute the first time, nothing later.
 *
 * @param python path of a Python with pip
 * @returns the folder for PYTHONPATH
 * @throws Error that says what pip said, as when PyPI cannot be reached
 */
export async function pythonSdks(python: string): Promise<string> {
  const home = join(cacheFolder(), 'python-sdks');
  await mkdir(home, { recursive: true });
  const { stdout: version } = await run(python, ['-c', 'import sys; print(sys.implementation.cache_tag)']);
  const pins = createHash('sha256')
    .update(await readFile(REQUIREMENTS))
    .digest('hex')
    .slice(0, 16);
  const folder = join(home, `${version.trim()}-${process.platform}-${process.arch}-${pins}`);
  const quietly = { signal: AbortSignal.timeout(300_000), waiting: () => undefined };
  await withLock(home, quietly, async () => {
    if (!existsSync(folder)) await install(python, home, folder);
  });
  return folder;
}

async function install(python: string, home: string, folder: string): Promise<void> {
  const staging = await mkdtemp(join(home, '.staging-'));
  try {
    await run(python, ['-m', 'pip', 'install', ...QUIET, '--target', staging, '--requirement', REQUIREMENTS]);
    await rename(staging, folder);
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new Error(`pip could not install the Python SDKs from PyPI (is it reachable?):\n${stderr}`, { cause: error });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
