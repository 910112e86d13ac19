import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../tools/cache';
import { withLock } from '../../tools/lock';

const run = promisify(execFile);
const POM = resolve('test/integration/emulator/java/pom.xml');

/**
 * Microsoft's Java SDKs, fetched by Maven once per machine; later neither Maven nor a network is asked.
 *
 * @returns the folder of their jars
 * @throws Error that says what Maven said
 */
export async function javaSdks(): Promise<string> {
  const home = join(cacheFolder(), 'java-sdks');
  await mkdir(home, { recursive: true });
  const pins = createHash('sha256')
    .update(await readFile(POM))
    .digest('hex')
    .slice(0, 16);
  const folder = join(home, pins);
  const quietly = { signal: AbortSignal.timeout(300_000), waiting: () => undefined };
  await withLock(home, quietly, async () => {
    if (!existsSync(folder)) await fetchJars(home, folder);
  });
  return folder;
}

async function fetchJars(home: string, folder: string): Promise<void> {
  const staging = await mkdtemp(join(home, '.staging-'));
  try {
    const goal = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';
    await run('mvn', ['-q', '-B', '-f', POM, goal, `-DoutputDirectory=${staging}`]);
    await rename(staging, folder);
  } catch (error) {
    const { stdout = '' } = error as { stdout?: string };
    throw new Error(`Maven could not fetch the Java SDKs (is Maven Central reachable?):\n${stdout}`, { cause: error });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}
