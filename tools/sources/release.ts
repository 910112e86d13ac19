import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../errors';
import { run } from '../run';
import type { Source } from '../types';
import { digestFrom, download, request, verifyDigest } from './download';

/** A release on a web server: an archive for this platform beside a list of SHA-256 checksums. */
export interface Release {
  /** URL of the folder, without a slash at its end */
  readonly base: string;
  /** the archive's file name; undefined when the project publishes none for this platform */
  readonly archive: string | undefined;
  readonly checksums: string;
  /** the archive's folder that holds the executables */
  readonly binaries: string;
}

/** The official download: fetched, checked against the published checksum, unpacked. */
export function releaseSource({ base, archive, checksums, binaries }: Release): Source {
  const missing = `no release for ${process.platform} on ${process.arch}`;
  return {
    name: 'official download',
    usually: 'under a minute',
    async obstacle() {
      if (archive === undefined) return missing;
      try {
        const response = await request(`${base}/${checksums}`, AbortSignal.timeout(10_000));
        await response.body?.cancel();
        return undefined;
      } catch (error) {
        return reasonOf(error);
      }
    },
    async fetch(folder, report, signal) {
      if (archive === undefined) throw new Error(missing);
      report('checksum', `asking ${new URL(base).host}`);
      const list = await (await request(`${base}/${checksums}`, signal)).text();
      const file = join(folder, archive);
      await download(`${base}/${archive}`, file, { report, signal });
      await verifyDigest(file, digestFrom(list, archive));
      report('unpack');
      await unpack(file, join(folder, 'unpacked'), signal);
      await rename(join(folder, 'unpacked', binaries), join(folder, 'bin'));
      await Promise.all([file, join(folder, 'unpacked')].map((path) => rm(path, { recursive: true, force: true })));
    },
  };
}

/** tar reads .tar.gz everywhere, and .zip where it is bsdtar, as on Windows. */
async function unpack(file: string, into: string, signal: AbortSignal): Promise<void> {
  await mkdir(into);
  await run('tar', ['-xf', file, '-C', into], { signal });
}
