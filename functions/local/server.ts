import { once } from 'node:events';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Allocate, Answer } from '../allocation/allocate';
import { showsKey } from './keys';

/** The same path as in Azure: infra/components/allocation-function.ts. */
export const ALLOCATION_PATH = '/api/allocate';
export const HEALTH_PATH = '/healthz';
/** A record of an enrollment and a device's payload; DPS messages are 96 KB at most (iot-dps/about-iot-dps.md, quotas). */
const LARGEST_REQUEST = 256 * 1024;
/** For a whole request to come in. */
const REQUEST_WITHIN_MS = 10_000;

export interface HostOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string };
  /** The function key. A secret. */
  readonly key: string;
  readonly allocate: Allocate;
}

/** A host that listens. */
export interface AllocationHost {
  readonly port: number;
  /** Lets the requests in hand end, and takes no more. */
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly body?: unknown;
}
const REFUSED = {
  key: { status: 401 },
  path: { status: 404 },
  method: { status: 405 },
  size: { status: 413 },
} as const satisfies Record<string, Reply>;

/** @throws when the address is taken or the certificate is none */
export async function serveAllocation({ host, port, tls, key, allocate }: HostOptions): Promise<AllocationHost> {
  const answer = async (request: IncomingMessage): Promise<Reply> => {
    const path = new URL(request.url ?? '', 'https://localhost').pathname;
    if (path === HEALTH_PATH) return { status: 200, body: 'ok' };
    if (path !== ALLOCATION_PATH) return REFUSED.path;
    if (!showsKey(request, key)) return REFUSED.key; // before anything else is read
    if (request.method !== 'POST') return REFUSED.method;
    const text = await textOf(request);
    return text === undefined ? REFUSED.size : replyOf(await allocate(jsonOf(text)));
  };
  const server = createServer({ ...tls, minVersion: 'TLSv1.2', requestTimeout: REQUEST_WITHIN_MS });
  server.on('request', (request, response) => {
    void reply(request, response, answer, () => server.listening);
  });
  server.listen(port, host);
  await once(server, 'listening'); // rejects when there is an error in its place
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = once(server, 'close');
      server.close(); // ends what is idle; who waits for an answer gets it
      await closed;
    },
  };
}

async function reply(
  request: IncomingMessage,
  response: ServerResponse,
  answer: (request: IncomingMessage) => Promise<Reply>,
  goesOn: () => boolean,
): Promise<void> {
  try {
    const { status, body } = await answer(request);
    const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
    // What is left of a request that was not read must not be taken for the next one; a host that ends waits for none.
    if (!request.complete || !goesOn()) response.setHeader('connection', 'close');
    response.writeHead(status, headers).end(body === undefined ? undefined : JSON.stringify(body));
  } catch {
    response.destroy(); // the asker has gone, or sends what is no request
  }
}

const replyOf = (answer: Answer): Reply =>
  answer.status === 200
    ? { status: 200, body: answer.body }
    : { status: answer.status, body: { error: answer.reason } };

/** @returns undefined when it is too large */
async function textOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not ended by a return in the middle: the answer goes the same way back.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk as Buffer); // no encoding is set
    bytes += (chunk as Buffer).length;
    if (bytes > LARGEST_REQUEST) return undefined;
  }
  return Buffer.concat(chunks).toString('utf8');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
