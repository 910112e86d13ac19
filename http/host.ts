import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Cors, corsOf, isPreflight } from './cors';
import { HttpError } from './http-error';

export interface Reply {
  readonly status: number;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answering {
  readonly cors: Cors;
  /** @throws HttpError for what is no success; anything else is a defect, told to nobody outside */
  readonly answer: (request: IncomingMessage, url: URL) => Promise<Reply>;
  /** Gets what was no HttpError. */
  readonly onDefect: (error: unknown) => void;
}

const HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

const FAILED = new HttpError(500, 'FAILED', 'the host has failed', { advice: 'Look at its log.' });

/** @returns the URL of a request; its host is not to be relied on @throws HttpError 400 */
export function urlOf({ url = '/' }: IncomingMessage): URL {
  if (url.startsWith('/') && URL.canParse(url.replace(/^\/+/, '/'), 'http://localhost'))
    return new URL(url.replace(/^\/+/, '/'), 'http://localhost');
  throw new HttpError(400, 'BAD_PATH', 'the path is none');
}

/** Answers requests with JSON. */
export function jsonListener({ cors, answer, onDefect }: Answering): RequestListener {
  const replyTo = async (request: IncomingMessage): Promise<Reply> => {
    try {
      return isPreflight(request) ? { status: 204 } : await answer(request, urlOf(request));
    } catch (error) {
      if (!(error instanceof HttpError)) onDefect(error);
      const { status, body, options } = error instanceof HttpError ? error : FAILED;
      return { status, body, headers: options.headers ?? {} };
    }
  };
  return (request, response) => {
    void replyTo(request).then(({ status, body, headers }) => {
      // What is left of a request that was not read must not be taken for the next one.
      if (!request.complete) response.setHeader('connection', 'close');
      response
        .writeHead(status, { ...HEADERS, ...corsOf(request, cors), ...headers })
        .end(body === undefined ? undefined : JSON.stringify(body));
    });
  };
}

export interface Listening {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** PEM; plain http without. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** @param port that it listens on */
  readonly serving: (port: number) => Serving;
}

export interface Serving {
  readonly listener: RequestListener;
  /** Without it a request to upgrade is answered as any other. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** A host that listens. */
export interface Host {
  readonly port: number;
  /** Takes no more requests, lets those in hand end for `graceMs`, then ends what is open. */
  close(graceMs?: number): Promise<void>;
}

/** For a whole request to come in. */
const REQUEST_WITHIN_MS = 30_000;
const GRACE_MS = 5_000;

function serverOf(tls: Listening['tls']): Server {
  const bounds = { requestTimeout: REQUEST_WITHIN_MS };
  return tls === undefined ? createServer(bounds) : createTlsServer({ ...bounds, ...tls, minVersion: 'TLSv1.2' });
}

/** @throws when the address is taken or the certificate is none */
export async function listen({ host, port: wanted, tls, serving }: Listening): Promise<Host> {
  const server = serverOf(tls);
  const open = new Set<Duplex>();
  const upgraded = new Set<Duplex>();
  const kept = (set: Set<Duplex>, socket: Duplex): void => {
    set.add(socket);
    socket.on('close', () => set.delete(socket));
  };
  server.on('connection', (socket: Duplex) => kept(open, socket));
  server.listen(wanted, host);
  await once(server, 'listening'); // rejects when there is an error in its place
  const { port } = server.address() as AddressInfo;
  const { listener, onUpgrade } = serving(port);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (!server.listening) response.setHeader('connection', 'close'); // a host that ends waits for no further request
    listener(request, response);
  });
  if (onUpgrade !== undefined)
    server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      kept(upgraded, socket);
      onUpgrade(request, socket, head);
    });
  return {
    port,
    async close(graceMs = GRACE_MS) {
      const closed = once(server, 'close');
      server.close(); // ends what is idle
      for (const socket of upgraded) socket.destroy(); // nothing tells when they are done
      const timer = setTimeout(() => open.forEach((socket) => socket.destroy()), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}
