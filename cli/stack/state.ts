import { randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { CliError, EXIT } from '../output';
import { isAlive } from './signals';

/** Where a local stack keeps its files unless told otherwise; relative to the working directory. */
export const DEFAULT_STATE_DIR = '.groundswell/dev';

/** Marks a folder as ours: only such a folder is ever emptied. */
const MARKER = '.groundswell-stack';
const LOCK = 'stack.lock';
const RECORD = 'stack.json';

/** A local stack as others find it: where things are, no secrets. */
export interface StackRecord {
  /** Of the process that runs the stack. */
  readonly pid: number;
  readonly startedAt: string;
  readonly temporal: { readonly address: string; readonly namespace: string };
  readonly devices: number;
  readonly pulumiStack: string;
}

/** The paths of a stack's files, all in one folder. */
export interface StatePaths {
  readonly dir: string;
  /** Our commands, for PATH. */
  readonly bin: string;
  readonly emulator: string;
  readonly pulumiBackend: string;
  readonly pulumiHome: string;
  readonly temporalDb: string;
  readonly temporalProfile: string;
  /** What the page shows to be let in. */
  readonly pageToken: string;
  log(name: string): string;
}

export function statePaths(stateDir: string): StatePaths {
  const dir = resolve(stateDir);
  return {
    dir,
    bin: join(dir, 'bin'),
    emulator: join(dir, 'emulator'),
    pulumiBackend: join(dir, 'pulumi'),
    pulumiHome: join(dir, 'pulumi-home'),
    temporalDb: join(dir, 'temporal.db'),
    temporalProfile: join(dir, 'temporal.toml'),
    pageToken: join(dir, 'page-token'),
    log: (name) => join(dir, 'logs', `${name}.log`),
  };
}

/**
 * Takes a folder for a new stack: makes it, or empties one that an earlier stack has left.
 *
 * @throws CliError when a stack runs on it, or when it holds files that no stack has put there
 */
export async function takeState(stateDir: string): Promise<StatePaths> {
  const paths = statePaths(stateDir);
  await mkdir(paths.dir, { recursive: true, mode: 0o700 });
  await chmod(paths.dir, 0o700);
  await assertOurs(paths.dir);
  await lock(paths.dir);
  await empty(paths.dir);
  for (const dir of [join(paths.dir, 'logs'), paths.pulumiBackend, paths.pulumiHome]) await mkdir(dir, { mode: 0o700 });
  return paths;
}

/** Frees the folder for another stack; its files stay for a look. */
export async function releaseState({ dir }: StatePaths): Promise<void> {
  await rm(join(dir, RECORD), { force: true });
  await rm(join(dir, LOCK), { force: true });
}

export const writeRecord = ({ dir }: StatePaths, record: StackRecord): Promise<void> =>
  writeFile(join(dir, RECORD), `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600 });

/** @returns the stack that runs on a folder, or undefined when none does or it is still starting */
export async function readRecord({ dir }: StatePaths): Promise<StackRecord | undefined> {
  const text = await readFile(join(dir, RECORD), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const record = JSON.parse(text) as StackRecord; // written by writeRecord
  return isAlive(record.pid) ? record : undefined;
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

async function assertOurs(dir: string): Promise<void> {
  const entries = await readdir(dir);
  if (entries.length > 0 && !entries.includes(MARKER)) {
    throw new CliError(
      EXIT.usage,
      `${dir} holds files that no stack of Groundswell has put there; a stack empties its folder when it starts`,
      'name an empty or a new folder with --state',
    );
  }
  await writeFile(join(dir, MARKER), 'This folder is emptied whenever a stack starts on it.\n');
}

async function empty(dir: string): Promise<void> {
  for (const entry of await readdir(dir)) {
    if (entry !== MARKER && !entry.startsWith(LOCK)) await rm(join(dir, entry), { recursive: true, force: true });
  }
}

/** The link's exclusive creation is the lock, and it comes with its content; one that a killed stack has left is replaced. */
async function lock(dir: string): Promise<void> {
  const file = join(dir, LOCK);
  const own = join(dir, `${LOCK}.${randomUUID()}`);
  await writeFile(own, String(process.pid), { mode: 0o600 });
  try {
    while (!(await linked(own, file))) {
      const pid = Number(await readFile(file, 'utf8').catch(() => '0'));
      if (pid > 0 && isAlive(pid)) throw busy(dir, file, pid);
      await rm(file, { force: true });
    }
  } finally {
    await rm(own, { force: true });
  }
}

const linked = (from: string, to: string): Promise<boolean> =>
  link(from, to).then(
    () => true,
    (error: unknown) => {
      ignoreExisting(error as NodeJS.ErrnoException);
      return false;
    },
  );

const busy = (dir: string, file: string, pid: number): CliError =>
  new CliError(
    EXIT.failed,
    `a stack already runs on ${dir} (process ${pid})`,
    `stop it with Ctrl-C in its terminal, or start another one with --state; if process ${pid} is no stack, delete ${file}`,
  );
