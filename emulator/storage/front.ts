import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import type { Account } from './accounts';
import { PERMISSION_MISMATCH, type Question, questionOf, type Refusal, refusalOf } from './guard';
import type { Need } from './needs';

/** What is particular to one service of an account. */
export interface FrontedService {
  /** What roles must allow. May read the request's body, as long as it puts it back. @throws Error when it cannot be read */
  readonly needsOf: (request: IncomingMessage, account: Account) => Need[] | Promise<Need[]>;
  /** A refusal in the service's own form. */
  readonly write: (refusal: Refusal) => { readonly type: string; readonly body: string };
  /** Runs before a request that may pass is handed on. */
  readonly prepare: (request: IncomingMessage, response: ServerResponse) => Promise<void> | void;
}

/** What all services of the emulator's storage know. */
export interface Ground {
  readonly accounts: ReadonlyMap<string, Account>;
  /** PEM of the token issuer. */
  readonly publicKey: string;
  /** Asked anew for each request, so that a change counts at once. */
  readonly isAllowed: (question: Question) => Promise<boolean>;
  readonly fail: (cause: unknown) => void;
}

/** Puts our checks in front of Azurite's own request listener. */
export function putInFront(server: Server, service: FrontedService, ground: Ground): void {
  const [azurite] = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
  if (azurite === undefined)
    throw new Error('Azurite registered no request listener: the version is not the known one');
  server.removeAllListeners('request');
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refusal = await judge(request, service, ground);
    if (refusal !== undefined) {
      refuse(request, response, refusal, service);
      return;
    }
    await service.prepare(request, response);
    azurite(request, response);
  };
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response).catch(ground.fail);
  });
}

async function judge(request: IncomingMessage, service: FrontedService, ground: Ground): Promise<Refusal | undefined> {
  const { accounts, publicKey, isAllowed } = ground;
  const refusal =
    refusalOf(request, accounts, publicKey) ??
    (await questionOf(request, accounts, publicKey, (account) => service.needsOf(request, account)));
  if (refusal === undefined || 'status' in refusal) return refusal;
  return (await isAllowed(refusal)) ? undefined : PERMISSION_MISMATCH;
}

function refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal, { write }: FrontedService): void {
  request.resume(); // the body is of no interest, but the connection is kept
  const { type, body } = write(refusal);
  response.writeHead(refusal.status, { 'content-type': type, 'x-ms-error-code': refusal.code }).end(body);
}
