import type { IncomingMessage } from 'node:http';
import { jsonBodyOf } from '../../http/body';
import { type Host, jsonListener, listen, type Reply } from '../../http/host';
import { HttpError } from '../../http/http-error';
import type { Guard } from '../guard';
import type { HttpFunction, Log } from '../http';

export const HEALTH_PATH = '/healthz';
/** What a page sends beside what browsers always may: its token, and two of `@microsoft/signalr`. */
const PAGE_HEADERS = ['authorization', 'content-type', 'x-requested-with', 'x-signalr-user-agent'];

/** A function, and who may call it. */
export interface Served {
  readonly http: HttpFunction;
  readonly guard: Guard;
}

export interface HostOptions {
  readonly host: string;
  /** 0 for a free one. */
  readonly port: number;
  /** PEM. */
  readonly tls: { readonly cert: string; readonly key: string };
  readonly functions: readonly Served[];
  /** Of pages that may call. Exact: none is `*`. */
  readonly origins: readonly string[];
  readonly log: Log;
}

async function replyTo({ http, guard }: Served, request: IncomingMessage, url: URL, log: Log): Promise<Reply> {
  const asked = { headers: { get: (name: string) => headerOf(request, name) }, query: url.searchParams };
  const refusal = await guard(asked); // before anything else is read
  if (refusal !== undefined) return refusal;
  if (request.method !== http.method)
    throw new HttpError(405, 'METHOD', `allowed is ${http.method}`, { headers: { allow: http.method } });
  const body = http.largestBody === undefined ? undefined : await jsonBodyOf(request, http.largestBody);
  return http.run({ ...asked, json: () => Promise.resolve(body) }, log);
}

function headerOf({ headers }: IncomingMessage, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' ? value : null;
}

/**
 * Serves functions as the host of Azure Functions does, over https. There the platform looks at keys and answers CORS; here this
 * does.
 *
 * @throws when the address is taken or the certificate is none
 */
export function serveFunctions({ functions, origins, log, ...address }: HostOptions): Promise<Host> {
  const byPath = new Map(functions.map((served) => [`/api/${served.http.name}`, served]));
  const answer = (request: IncomingMessage, url: URL): Promise<Reply> => {
    if (url.pathname === HEALTH_PATH) return Promise.resolve({ status: 200, body: 'ok' });
    const served = byPath.get(url.pathname);
    return served === undefined
      ? Promise.reject(new HttpError(404, 'NO_ROUTE', 'no function is at this path'))
      : replyTo(served, request, url, log);
  };
  const listener = jsonListener({
    cors: { origins, methods: ['GET', 'POST'], headers: PAGE_HEADERS },
    answer,
    onDefect: (error) => log('warn', { what: 'a function has failed', error: String(error) }),
  });
  return listen({ ...address, serving: () => ({ listener }) });
}
