import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { sweepWorkspaces, withWorkspace } from '../../../activities/planning/workspace';

/** A process id that no process has: above the kernel's own limit of 2^22. */
const NOBODY = 4_194_305;
const folderOf = (host: string, pid: number): Promise<string> =>
  mkdtemp(join(tmpdir(), `groundswell-plan-${host}-${pid}-`));

it('removes what a killed worker has left behind, and nothing that another one still uses', async () => {
  const [dead, alive, elsewhere] = await Promise.all([
    folderOf(hostname(), NOBODY),
    folderOf(hostname(), process.ppid),
    folderOf(`${hostname()}.elsewhere`, NOBODY),
  ]);
  await writeFile(join(dead, 'bucket-1'), 'x');

  await sweepWorkspaces();

  expect([dead, alive, elsewhere].map((folder) => existsSync(folder))).toEqual([false, true, true]);
  await Promise.all([alive, elsewhere].map((folder) => rm(folder, { recursive: true })));
});

it('removes its folder when the work fails', async () => {
  let used = '';
  const failing = withWorkspace((folder) => {
    used = folder;
    return Promise.reject(new Error('no'));
  });

  await expect(failing).rejects.toThrow('no');
  expect(existsSync(used)).toBe(false);
});
