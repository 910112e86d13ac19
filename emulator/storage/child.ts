/**
 * The process of blob and table service: Azurite behind {@link putInFront}. It is told everything over IPC, so that no key
 * stands in its arguments or its initial environment, and it ends with its parent, however that ends.
 */
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import BlobConfiguration from 'azurite/dist/src/blob/BlobConfiguration';
import BlobServer from 'azurite/dist/src/blob/BlobServer';
import TableConfiguration from 'azurite/dist/src/table/TableConfiguration';
import TableServer from 'azurite/dist/src/table/TableServer';

import { LOOPBACK } from '../names';
import { type Account, azuriteAccounts, type FromChild, type ToChild } from './accounts';
import { type FrontedService, putInFront } from './front';
import { type Question, refusalXml } from './guard';
import { needsOf } from './needs';
import { tableFront } from './table-front';
import { makeWebContainer } from './web-container';

const KEEP_ALIVE_S = 5;

type AzuriteServer = BlobServer | TableServer;

const accounts = new Map<string, Account>();
const servers: AzuriteServer[] = [];

const tell = (message: FromChild): void => void process.send?.(message);

/** Questions that the parent has not answered yet, by id. */
const asked = new Map<number, (isAllowed: boolean) => void>();
let lastQuestion = 0;

/** The parent keeps the role assignments; asked anew for each request, so that a change counts at once. */
const isAllowed = ({ objectId, needs }: Question): Promise<boolean> =>
  ask((id) => ({ kind: 'ask', id, objectId, needs }));

const ask = (question: (id: number) => FromChild): Promise<boolean> =>
  new Promise((resolve) => {
    const id = ++lastQuestion;
    asked.set(id, resolve);
    tell(question(id));
  });

function answered({ id, isAllowed: answer }: Extract<ToChild, { kind: 'answer' }>): void {
  asked.get(id)?.(answer);
  asked.delete(id);
}

/**
 * Older storage clients, such as the one inside azure-iot-device, name an encryption algorithm without any key: Azure lets
 * that be, Azurite answers 500. In a request signed by the account's key the header is signed too, so it stays there.
 */
function dropIdleEncryption({ headers }: IncomingMessage): void {
  if (headers['x-ms-encryption-key'] === undefined && headers.authorization === undefined) {
    delete headers['x-ms-encryption-algorithm'];
  }
}

/** What stands in front of Azurite's blob service. */
const blobFront: FrontedService = {
  needsOf,
  write: (refusal) => ({ type: 'application/xml', body: refusalXml(refusal) }),
  prepare: (request, response) => {
    dropIdleEncryption(request);
    makeWebContainer(request, response, (account) => ask((id) => ({ kind: 'website', id, account })));
  },
};

type Start = Extract<ToChild, { kind: 'start' }>;

/** No access log and no debug log: what Azurite takes for them. */
const QUIET = [false, undefined, false, undefined] as const;

function blobServer({ certFile, keyFile, folder, ports }: Start): BlobServer {
  const location = { locationId: 'Default', locationPath: join(folder ?? '', 'blobs'), maxConcurrency: 50 };
  const index = [join(folder ?? '', 'blobs.json'), join(folder ?? '', 'extents.json')] as const;
  const kept = folder === undefined ? undefined : [location];
  const secured = [false, true, certFile, keyFile, '', 'basic', false, folder === undefined] as const;
  return new BlobServer(
    new BlobConfiguration(LOOPBACK, ports.blobs, KEEP_ALIVE_S, ...index, kept, ...QUIET, ...secured),
  );
}

function tableServer({ certFile, keyFile, folder, ports }: Start): TableServer {
  const index = join(folder ?? '', 'tables.json');
  const secured = [false, true, certFile, keyFile, '', 'basic', false, folder === undefined] as const;
  return new TableServer(
    new TableConfiguration(LOOPBACK, ports.tables, KEEP_ALIVE_S, index, false, false, undefined, undefined, ...secured),
  );
}

async function start(asked: Start): Promise<void> {
  const ground = { accounts, publicKey: asked.publicKey, isAllowed, fail };
  const blobs = blobServer(asked);
  const tables = tableServer(asked);
  servers.push(blobs, tables);
  putInFront(blobs.httpServer, blobFront, ground);
  putInFront(tables.httpServer, tableFront(), ground);
  await Promise.all(servers.map((server) => server.start()));
  tell({ kind: 'listening', ports: { blobs: portOf(blobs), tables: portOf(tables) } });
}

const portOf = ({ httpServer }: AzuriteServer): number => (httpServer.address() as AddressInfo).port;

function apply({ id, accounts: next }: Extract<ToChild, { kind: 'accounts' }>): void {
  accounts.clear();
  for (const account of next) accounts.set(account.name, account);
  process.env['AZURITE_ACCOUNTS'] = azuriteAccounts(next);
  for (const { accountDataStore } of servers) accountDataStore.refresh();
  tell({ kind: 'applied', id });
}

const fail = (cause: unknown): void => {
  tell({ kind: 'failed', reason: cause instanceof Error ? cause.message : String(cause) });
  process.exitCode = 1;
  process.disconnect();
};

process.on('message', (message: ToChild) => {
  if (message.kind === 'start') start(message).catch(fail);
  else if (message.kind === 'accounts') apply(message);
  else answered(message);
});
// The parent may have closed the channel in order or been killed: either way, what is to be kept is written now.
process.on('disconnect', () => {
  // First of all nothing is acknowledged any more: it might come too late for the index.
  for (const { httpServer } of servers) httpServer.closeAllConnections();
  void Promise.allSettled(servers.map((server) => server.close())).finally(() => process.exit());
});
// A terminal's Ctrl-C reaches the whole process group: the parent decides when the services end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => process.disconnect());
