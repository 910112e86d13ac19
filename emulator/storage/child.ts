/**
 * The blob service's own process: Azurite behind {@link refusalOf}. It is told everything over IPC, so that no key
 * stands in its arguments or its initial environment, and it ends with its parent, however that ends.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import BlobConfiguration from 'azurite/dist/src/blob/BlobConfiguration';
import BlobServer from 'azurite/dist/src/blob/BlobServer';

import { type Account, azuriteAccounts, type FromChild, type ToChild } from './accounts';
import { PERMISSION_MISMATCH, type Question, questionOf, type Refusal, refusalOf, refusalXml } from './guard';

const KEEP_ALIVE_S = 5;

const accounts = new Map<string, Account>();
let server: BlobServer | undefined;

const tell = (message: FromChild): void => void process.send?.(message);

/** Questions that the parent has not answered yet, by id. */
const asked = new Map<number, (isAllowed: boolean) => void>();
let lastQuestion = 0;

/** The parent keeps the role assignments; asked anew for each request, so that a change counts at once. */
const isAllowed = ({ objectId, needs }: Question): Promise<boolean> =>
  new Promise((resolve) => {
    const id = ++lastQuestion;
    asked.set(id, resolve);
    tell({ kind: 'ask', id, objectId, needs });
  });

function answered({ id, isAllowed: answer }: Extract<ToChild, { kind: 'answer' }>): void {
  asked.get(id)?.(answer);
  asked.delete(id);
}

async function judge(request: IncomingMessage, publicKey: string): Promise<Refusal | undefined> {
  const refusal = refusalOf(request, accounts, publicKey) ?? questionOf(request, accounts, publicKey);
  if (refusal === undefined || 'status' in refusal) return refusal;
  return (await isAllowed(refusal)) ? undefined : PERMISSION_MISMATCH;
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
  request.resume(); // the body is of no interest, but the connection is kept
  const headers = { 'content-type': 'application/xml', 'x-ms-error-code': refusal.code };
  response.writeHead(refusal.status, headers).end(refusalXml(refusal));
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

/** Puts our checks in front of Azurite's own request listener. */
function guard({ httpServer }: BlobServer, publicKey: string): void {
  const [azurite] = httpServer.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  if (azurite === undefined)
    throw new Error('Azurite registered no request listener: the version is not the known one');
  httpServer.removeAllListeners('request');
  httpServer.on('request', (request, response) => {
    dropIdleEncryption(request);
    judge(request, publicKey).then((refusal) => {
      if (refusal === undefined) azurite(request, response);
      else refuse(request, response, refusal);
    }, fail);
  });
}

async function start({
  certFile,
  keyFile,
  publicKey,
  folder,
  port,
}: Extract<ToChild, { kind: 'start' }>): Promise<void> {
  const location = { locationId: 'Default', locationPath: join(folder ?? '', 'blobs'), maxConcurrency: 50 };
  const quiet = [false, undefined, false, undefined] as const;
  const configuration = new BlobConfiguration(
    '127.0.0.1',
    port,
    KEEP_ALIVE_S,
    join(folder ?? '', 'blobs.json'),
    join(folder ?? '', 'extents.json'),
    folder === undefined ? undefined : [location],
    ...quiet,
    false,
    true,
    certFile,
    keyFile,
    '',
    'basic',
    false,
    folder === undefined,
  );
  server = new BlobServer(configuration);
  guard(server, publicKey);
  await server.start();
  tell({ kind: 'listening', port: (server.httpServer.address() as AddressInfo).port });
}

function apply({ id, accounts: next }: Extract<ToChild, { kind: 'accounts' }>): void {
  accounts.clear();
  for (const account of next) accounts.set(account.name, account);
  process.env['AZURITE_ACCOUNTS'] = azuriteAccounts(next);
  server?.accountDataStore.refresh();
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
  server?.httpServer.closeAllConnections();
  void Promise.resolve(server?.close()).finally(() => process.exit());
});
// A terminal's Ctrl-C reaches the whole process group: the parent decides when the blob service ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => process.disconnect());
