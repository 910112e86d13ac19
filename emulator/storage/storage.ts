import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { TableServiceClient } from '@azure/data-tables';
import type { BlobServiceClient } from '@azure/storage-blob';

import { STORAGE_AUDIENCE } from '../entra/audiences';
import type { Entra } from '../entra/entra';
import type { AppPrincipal } from '../entra/principal';
import { isAlive } from '../exec/state';
import { BLOB_SUFFIX } from '../names';
import type { World } from '../world/world';
import type { Account, FromChild, Ports, ToChild } from './accounts';
import { type BlobClients, blobClients } from './client';
import { type BlobAccess, blobService, emptyAccount, type ServiceIdentity } from './containers';
import type { Question } from './guard';
import { emptyTables, tableService } from './tables';
import { ensureWebContainer, type Websites, websites } from './website';

/** Blob and table service of the emulator: accounts come and go at run time, data lives as long as the process or its folder. */
export interface Storage {
  /** Loopback ports that serve `https://<account>.blob.azure.test` and `https://<account>.table.azure.test`. */
  readonly ports: Ports;
  /** Adds the account, or replaces keys and switches of one that exists; its data stays. Resolves once it is in force. */
  putAccount(account: Account): Promise<void>;
  /** Deletes the account with all its blobs and tables; nothing happens when there is none. */
  deleteAccount(name: string): Promise<void>;
  /** The data plane of an account, for the control plane's own use. */
  blobs(account: string): BlobServiceClient;
  tables(account: string): TableServiceClient;
  /** The data plane of any account, for the services in this process. */
  readonly clients: BlobClients;
  /** The files of static websites. */
  readonly websites: Websites;
  close(): Promise<void>;
}

export interface StorageOptions {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM of the CA of `certFile`. */
  readonly ca: string;
  readonly entra: Pick<Entra, 'publicKey' | 'token'>;
  /** Whether the roles of a principal allow everything that a request needs. */
  readonly mayDo: (question: Question) => boolean;
  /** The principal of a service's managed identity; undefined when it has no such identity. */
  readonly principalOf: (identity: ServiceIdentity) => AppPrincipal | undefined;
  /** Keeps the accounts, and builds them again. */
  readonly world: Pick<World, 'store' | 'rebuild'>;
  /** Where blobs and tables are kept; undefined for memory. Azurite writes it every 5 s and when it ends. */
  readonly folder?: string | undefined;
  /** Asked once nobody serves that folder any more: the loopback ports to listen on, 0 for a free one. */
  readonly ports: () => Promise<Ports>;
  /** @default the compiled child beside this module; tests that run from source name another */
  readonly childModule?: string;
}

const STOP_AFTER_MS = 3000;
/** Beyond this the process id is taken for another program's, which got it since. */
const LAST_WRITES_MS = 10_000;

/** Resolves with the child's ports; rejects when it ends or fails before it listens. */
async function portsOf(child: ChildProcess): Promise<Ports> {
  const listening = new Promise<Ports>((resolve, reject) => {
    child.on('message', (message: FromChild) => {
      if (message.kind === 'listening') resolve(message.ports);
      if (message.kind === 'failed') reject(new Error(`the storage services could not start: ${message.reason}`));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the storage services ended at start, exit code ${String(code)}`)));
  });
  return listening;
}

/** Sends the accounts and waits until the child has them. */
function sender(child: ChildProcess): (accounts: readonly Account[]) => Promise<void> {
  let last = 0;
  return (accounts) => {
    const id = ++last;
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the storage services have ended: start the emulator again'));
      const onMessage = (message: FromChild): void => {
        if (message.kind !== 'applied' || message.id !== id) return;
        child.off('message', onMessage).off('exit', ended);
        resolve();
      };
      child.on('message', onMessage).once('exit', ended);
      if (child.connected) child.send({ kind: 'accounts', id, accounts } satisfies ToChild);
      else ended();
    });
  };
}

/** Answers what the child asks about roles. */
function answerQuestions(child: ChildProcess, mayDo: StorageOptions['mayDo']): void {
  child.on('message', (message: FromChild) => {
    if (message.kind !== 'ask' || !child.connected) return;
    child.send({ kind: 'answer', id: message.id, isAllowed: mayDo(message) } satisfies ToChild);
  });
}

/** Makes containers of websites; one that cannot be made is missed by whoever writes to it. */
function makeWebContainers(child: ChildProcess, access: BlobAccess, sites: Websites): void {
  child.on('message', (message: FromChild) => {
    if (message.kind !== 'website') return;
    sites.changed(message.account);
    const answer = { kind: 'answer', id: message.id, isAllowed: true } satisfies ToChild;
    void ensureWebContainer(access, message.account)
      .catch((error: unknown) => process.emitWarning(error as Error)) // the client throws nothing else
      .finally(() => child.connected && child.send(answer));
  });
}

/** @throws Error when the service has no such identity */
function tokenFor({ entra, principalOf }: StorageOptions, identity: ServiceIdentity | undefined): string {
  if (identity === undefined) return entra.token(STORAGE_AUDIENCE);
  const principal = principalOf(identity);
  if (principal !== undefined) return entra.token(STORAGE_AUDIENCE, principal);
  throw new Error(`it has no ${identity.userAssignedIdentity ?? 'system-assigned'} identity`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const deadline = setTimeout(() => child.kill('SIGKILL'), STOP_AFTER_MS);
  if (child.connected) child.disconnect();
  await ended;
  clearTimeout(deadline);
}

const pidFile = (folder: string): string => join(folder, 'blobs.pid');

/**
 * The blob service of an emulator that was killed writes its index in its last moments: who reads before that loses what
 * was acknowledged.
 */
async function lastOneEnded(folder: string): Promise<void> {
  const pid = Number(await readFile(pidFile(folder), 'utf8').catch(() => '0'));
  for (const deadline = Date.now() + LAST_WRITES_MS; pid > 0 && isAlive(pid) && Date.now() < deadline;) await sleep(20);
}

/** Starts Azurite in a process of its own, over TLS on a loopback port, with no account. */
export async function startStorage(options: StorageOptions): Promise<Storage> {
  const { certFile, keyFile, ca, entra, world, mayDo, folder, childModule = join(__dirname, 'child.js') } = options;
  if (folder !== undefined) await lastOneEnded(folder);
  const wanted = await options.ports();
  const child = fork(childModule, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const listening = portsOf(child);
  answerQuestions(child, mayDo);
  if (folder !== undefined) await writeFile(pidFile(folder), String(child.pid));
  child.send({ kind: 'start', certFile, keyFile, publicKey: entra.publicKey, folder, ports: wanted } satisfies ToChild);
  const ports = await listening;
  const kept = world.store.collection<Account>('storage/accounts');
  const accounts = new Map<string, Account>();
  const send = sender(child);
  const load = (): Promise<void> => {
    for (const [name, account] of kept.entries()) accounts.set(name, account);
    return send([...accounts.values()]);
  };
  await load();
  world.rebuild.add({ unload: () => accounts.clear(), load });
  const token = (identity?: ServiceIdentity): string => tokenFor(options, identity);
  const access: BlobAccess = { port: ports.blobs, ca, blobSuffix: BLOB_SUFFIX, token };
  const sites = websites(access, (name) => accounts.has(name));
  makeWebContainers(child, access, sites);
  const tables = (account: string): TableServiceClient => tableService({ port: ports.tables, ca, token }, account);
  return {
    ports,
    putAccount(account) {
      kept.put(account.name, account);
      return send([...accounts.set(account.name, account).values()]);
    },
    async deleteAccount(name) {
      if (!accounts.has(name)) return;
      await Promise.all([emptyAccount(blobService(access, name)), emptyTables(tables(name))]);
      kept.delete(name);
      accounts.delete(name);
      sites.changed(name);
      await send([...accounts.values()]);
    },
    blobs: (account) => blobService(access, account),
    tables,
    clients: blobClients(access),
    websites: sites,
    close: () => stop(child),
  };
}
