import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readRecord, releaseState, takeState, writeRecord } from '../../../cli/stack/state';

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'state-test-'))));
afterEach(() => rm(dir, { recursive: true, force: true }));

const record = {
  pid: process.pid,
  startedAt: '2026-11-21T10:00:00Z',
  temporal: { address: '127.0.0.1:7233', namespace: 'default' },
  devices: 1,
  pulumiStack: 'local',
};

it('refuses a folder with files that no stack has put there, and leaves them alone', async () => {
  await writeFile(join(dir, 'thesis.tex'), 'years of work');

  await expect(takeState(dir)).rejects.toThrow(/holds files that no stack of Groundswell has put there/);
  expect(await readdir(dir)).toEqual(['thesis.tex']);
});

it('empties what an earlier stack has left, but only once that stack has gone', async () => {
  const first = await takeState(dir);
  await writeFile(first.temporalDb, 'histories');

  await expect(takeState(dir)).rejects.toThrow(`a stack already runs on ${dir} (process ${process.pid})`);
  await releaseState(first);
  await takeState(dir);

  expect(await readdir(dir)).not.toContain('temporal.db');
});

it('takes over from a stack that was killed', async () => {
  const first = await takeState(dir);
  await writeFile(join(dir, 'stack.lock'), '999999999');

  await expect(takeState(dir)).resolves.toEqual(expect.objectContaining({ dir: first.dir }));
});

it('lets exactly one of many that start at once have the folder', async () => {
  const takes = await Promise.allSettled(Array.from({ length: 8 }, () => takeState(dir)));

  expect(takes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

it('makes the folder readable by its owner only', async () => {
  const { dir: taken } = await takeState(dir);

  expect((await stat(taken)).mode & 0o077).toBe(0);
});

it('finds a running stack and does not find one whose process has gone', async () => {
  const paths = await takeState(dir);

  await writeRecord(paths, record);
  expect(await readRecord(paths)).toEqual(record);

  await writeRecord(paths, { ...record, pid: 999_999_999 });
  expect(await readRecord(paths)).toBeUndefined();
});
