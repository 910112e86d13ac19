import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createProxyServer, type ProxyServer } from 'http-proxy-3';
import { HEADERS } from '../../dashboard/core/policy';
import type { SiteFile } from '../../dashboard/site';
import { jsonListener, type Reply, type Serving, urlOf } from '../../http/host';
import { HttpError } from '../../http/http-error';
import type { Identify } from '../../http/identity';
import { callerOf } from './api';

export interface GatewayParts {
  /** Its own, as browsers name it: `http://127.0.0.1:4280`. */
  readonly origin: string;
  readonly site: readonly SiteFile[];
  readonly identify: Identify;
  /** The API of rollouts. */
  readonly api: (request: IncomingMessage, url: URL) => Promise<Reply>;
  /** Of the functions, without `/api`. */
  readonly functionsUrl: string;
  /** Of SignalR, whose clients connect to `/client`. */
  readonly liveUrl: string;
  readonly onDefect: (error: unknown) => void;
}

const ANSWER_WITHIN_MS = 25_000;
const SITE_HEADERS = { ...HEADERS, vary: 'Origin' };
const NEGOTIATE = '/api/negotiate';
const DEVICES = '/api/getdevicestate';

const away = (what: string, cause: unknown): HttpError =>
  new HttpError(502, 'AWAY', `no answer from ${what}`, { advice: 'Look at the log of the stack.', cause });

/** What a browser keeps for this machine is not for those behind. */
function proxyTo(target: string): ProxyServer {
  const proxy = createProxyServer({ target, changeOrigin: true, secure: true, xfwd: false });
  const strip = (request: { removeHeader(name: string): void }): void => {
    for (const name of ['cookie', 'origin', 'referer']) request.removeHeader(name);
  };
  proxy.on('proxyReq', strip);
  proxy.on('proxyReqWs', strip);
  return proxy;
}

/**
 * One origin on loopback for what a laptop's browser cannot reach by itself, since it knows neither the local Azure's names
 * nor its certificates: the page's files, the API of rollouts, two of the functions, and the clients' side of SignalR.
 */
export function createGateway({ origin, site, identify, api, functionsUrl, liveUrl, onDefect }: GatewayParts): Serving {
  const files = new Map(site.map((file) => [`/${file.path}`, file]));
  const [functions, live] = [proxyTo(functionsUrl), proxyTo(liveUrl)];
  const { host } = new URL(origin);

  /** Another name that leads here is another page's (DNS rebinding). */
  function assertOurs({ headers }: IncomingMessage): void {
    if (headers.host === host && (headers.origin === undefined || headers.origin === origin)) return;
    throw new HttpError(421, 'WRONG_ORIGIN', `this host is asked as ${host} only`, { advice: `Open ${origin}.` });
  }

  /** The functions' answer, with this origin in place of SignalR's. */
  async function negotiate(request: IncomingMessage, { search }: URL): Promise<Reply> {
    if (request.method !== 'POST')
      throw new HttpError(405, 'METHOD', 'POST is asked for', { headers: { allow: 'POST' } });
    const { authorization = '' } = request.headers;
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const asked = { method: 'POST', headers: { authorization }, signal, redirect: 'manual' } as const;
    const response = await fetch(`${functionsUrl}${NEGOTIATE}${search}`, asked).catch((cause: unknown) => {
      throw away('the functions', cause);
    });
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok || !isNegotiated(body)) return { status: response.ok ? 502 : response.status, body };
    const { pathname, search: query } = new URL(body.url);
    return { status: 200, body: { ...body, url: `${origin}${pathname}${query}` } };
  }

  const json = jsonListener({
    cors: { origins: [], methods: [], headers: [] }, // the page is of this origin
    answer: async (request, url) => {
      assertOurs(request);
      if (!url.pathname.startsWith('/api/')) throw new HttpError(404, 'NO_ROUTE', 'nothing is at this path');
      if (url.pathname !== NEGOTIATE) return api(request, url);
      await callerOf(identify, request);
      return negotiate(request, url);
    },
    onDefect,
  });

  /** What is answered by somebody else, once it may be. */
  async function led(request: IncomingMessage, response: ServerResponse, devices: boolean): Promise<void> {
    try {
      assertOurs(request);
      if (devices) await callerOf(identify, request);
    } catch (error) {
      refuse(response, error);
      return;
    }
    const [proxy, what, bounds] = devices
      ? ([functions, 'the functions', { proxyTimeout: ANSWER_WITHIN_MS }] as const)
      : ([live, 'SignalR', {}] as const); // its connections last
    proxy.web(request, response, bounds, (error) => refuse(response, away(what, error)));
  }

  function listener(request: IncomingMessage, response: ServerResponse): void {
    const path = pathOf(request);
    const file = files.get(path === '/' ? '/index.html' : path);
    if (file !== undefined && request.headers.host === host) serve(request, response, file);
    else if (path === DEVICES || path.startsWith('/client/')) void led(request, response, path === DEVICES);
    else json(request, response);
  }

  return {
    listener,
    onUpgrade(request, socket: Duplex, head) {
      socket.on('error', () => socket.destroy());
      const ours = request.headers.host === host && request.headers.origin === origin;
      if (!ours || !pathOf(request).startsWith('/client/') || !(socket instanceof Socket))
        return void socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n');
      live.ws(request, socket, head, {}, () => socket.destroy());
    },
  };
}

const pathOf = (request: IncomingMessage): string => {
  try {
    return urlOf(request).pathname;
  } catch {
    return '';
  }
};

const isNegotiated = (body: unknown): body is { readonly url: string } =>
  typeof body === 'object' && body !== null && 'url' in body && typeof body.url === 'string' && URL.canParse(body.url);

function serve({ method }: IncomingMessage, response: ServerResponse, file: SiteFile): void {
  if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
  const { contentType, cacheControl, body } = file;
  const headers = { ...SITE_HEADERS, 'content-type': contentType, 'cache-control': cacheControl };
  response.writeHead(200, { ...headers, 'content-length': body.length }).end(method === 'GET' ? body : undefined);
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, body, options } = error instanceof HttpError ? error : away('the host behind', error);
  if (response.headersSent) return void response.destroy();
  response.writeHead(status, { ...options.headers, 'content-type': 'application/json' }).end(JSON.stringify(body));
}
