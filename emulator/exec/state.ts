import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { DEFAULT_STATE_DIR, LOOPBACK, STATE_VARIABLE } from '../names';
import type { Emulator } from '../server';

const State = z.object({
  pid: z.int(),
  caFile: z.string(),
  redirects: z.array(z.object({ suffix: z.string(), port: z.int(), to: z.int() })),
  proxy: z.int(),
  identity: z.object({ endpoint: z.string(), header: z.string() }),
  subscriptionId: z.string(),
  tenantId: z.string(),
  admin: z.object({ endpoint: z.string(), secret: z.string() }).optional(),
});

/** What programs need to know of a running emulator. `identity.header` and `admin.secret` are secrets. */
export type State = z.infer<typeof State>;

/** The state directory: the option, else the environment's, else the default below the working directory. */
export const stateDirOf = (option: string | undefined): string =>
  resolve(option ?? process.env[STATE_VARIABLE] ?? DEFAULT_STATE_DIR);

export const stateOf = ({ caFile, redirects, proxy, identity, subscriptionId, tenantId, admin }: Emulator): State => ({
  pid: process.pid,
  caFile,
  redirects: [...redirects],
  proxy,
  identity,
  subscriptionId,
  tenantId,
  ...(admin !== undefined && { admin: { endpoint: admin.endpoint, secret: admin.secret } }),
});

/** The emulator that runs on a state directory; undefined when there is none, or it died without cleaning up. */
export async function readState(stateDir: string): Promise<State | undefined> {
  const state = await readFile(fileOf(stateDir), 'utf8').then(
    (text) => State.safeParse(JSON.parse(text)).data,
    () => undefined, // none, or one half written by a process that died
  );
  return state !== undefined && isAlive(state.pid) && (await answers(state)) ? state : undefined;
}

/** Publishes an emulator: mode 0600, whole or not at all. */
export async function writeState(stateDir: string, state: State): Promise<void> {
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const part = `${fileOf(stateDir)}.${process.pid}`;
  await writeFile(part, JSON.stringify(state), { mode: 0o600 });
  await rename(part, fileOf(stateDir));
}

export const removeState = (stateDir: string): Promise<void> => rm(fileOf(stateDir), { force: true });

const fileOf = (stateDir: string): string => join(stateDir, 'emulator.json');

/** Whether a process of this id runs, whoever's it is. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // alive, and another user's
  }
}

/** A process may have the id of one that died: whoever it is must also serve the emulator's port. */
function answers({ redirects }: State): Promise<boolean> {
  return new Promise((resolved) => {
    const socket = connect({ host: LOOPBACK, port: redirects[0]?.to ?? 0 });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolved(answer);
    };
    socket.once('connect', end(true)).once('error', end(false)).setTimeout(2000, end(false));
  });
}
