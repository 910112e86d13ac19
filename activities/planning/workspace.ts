import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

const PREFIX = 'groundswell-plan-';
/** Named after the process that uses it, so that a later one knows whether it still does. */
const nameOf = (pid: number): string => `${PREFIX}${hostname()}-${pid}-`;

/**
 * Gives a folder for temporary files, readable by this user only, and removes it in every case.
 *
 * @param work must not write after it has ended
 */
export async function withWorkspace<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), nameOf(process.pid)));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // it is there, and somebody else's
  }
}

/**
 * Removes what workers that were killed have left behind. To be called when a worker starts, before it plans: folders
 * under its own process id are an earlier process's, too.
 */
export async function sweepWorkspaces(): Promise<void> {
  const own = `${PREFIX}${hostname()}-`;
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(own)) continue;
    const pid = Number(name.slice(own.length).split('-', 1)[0]);
    if (pid !== process.pid && runs(pid)) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}
