import type { Payload, PayloadCodec } from '@temporalio/common';
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { GroundswellError } from '../domain/errors';

/** A page of the UI asks for its events' payloads at once; a payload has 2 MB at most. */
const MAX_BYTES = 32 * 1024 * 1024;

export interface CodecServerOptions {
  readonly codec: PayloadCodec;
  /** Web pages that may ask, exactly as browsers name them: `https://host:port`. */
  readonly origins: readonly string[];
  /** Asked for as `Authorization: Bearer TOKEN`; nothing is asked for without. */
  readonly token?: string;
  /** PEM; plain http without. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** A refusal, with its status. */
class Refused extends Error {
  override readonly name = 'Refused';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

interface JsonPayload {
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly data?: string | null;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isPayload = (value: unknown): value is JsonPayload =>
  typeof value === 'object' &&
  value !== null &&
  (!('data' in value) || value.data === null || isText(value.data)) &&
  (!('metadata' in value) || value.metadata === null || Object.values(value.metadata as object).every(isText));

/** Bytes are base64 in JSON. Source: protobuf, "ProtoJSON Format". */
const payloadOf = ({ metadata, data }: JsonPayload): Payload => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value, 'base64')]),
  ),
  data: Buffer.from(data ?? '', 'base64'),
});

const base64 = (bytes: Uint8Array | null | undefined): string => Buffer.from(bytes ?? []).toString('base64');
const jsonOf = ({ metadata, data }: Payload): JsonPayload => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
  data: base64(data),
});

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BYTES) throw new Refused(413, `a body has ${MAX_BYTES} bytes at most`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new Refused(400, 'the body is no JSON');
  }
}

function payloadsOf(body: unknown): Payload[] {
  const payloads = typeof body === 'object' && body !== null && 'payloads' in body ? body.payloads : undefined;
  if (!Array.isArray(payloads) || !payloads.every(isPayload))
    throw new Refused(400, 'the body is no { payloads: [...] }');
  return payloads.map(payloadOf);
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Compared by digest, so that neither length nor content shows in the time it takes. */
function assertAllowed({ headers }: IncomingMessage, { origins, token }: CodecServerOptions): void {
  const { origin, authorization = '' } = headers;
  if (origin !== undefined && !origins.includes(origin)) throw new Refused(403, 'pages of this origin may not ask');
  if (token !== undefined && !timingSafeEqual(digest(authorization), digest(`Bearer ${token}`)))
    throw new Refused(401, 'a bearer token is asked for');
}

const corsOf = ({ headers: { origin } }: IncomingMessage, { origins }: CodecServerOptions): Record<string, string> =>
  origin === undefined || !origins.includes(origin)
    ? { vary: 'Origin' }
    : {
        vary: 'Origin',
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'POST',
        // Source: Temporal, "Set up a Codec Server": what the Web UI sends.
        'access-control-allow-headers': 'Authorization, Content-Type, X-Namespace',
      };

async function answer(request: IncomingMessage, options: CodecServerOptions): Promise<object> {
  assertAllowed(request, options);
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname !== '/decode' && pathname !== '/encode')
    throw new Refused(404, 'there is POST /decode and POST /encode');
  if (request.method !== 'POST') throw new Refused(405, 'POST is asked for');
  const payloads = payloadsOf(await bodyOf(request));
  const { codec } = options;
  const worked = await (pathname === '/decode' ? codec.decode(payloads) : codec.encode(payloads));
  return { payloads: worked.map(jsonOf) };
}

function refusalOf(error: unknown): Refused {
  if (error instanceof Refused) return error;
  if (error instanceof GroundswellError) return new Refused(400, error.message);
  return new Refused(500, 'the server failed');
}

const listener =
  (options: CodecServerOptions): RequestListener =>
  (request, response: ServerResponse) => {
    const headers = { ...corsOf(request, options), 'content-type': 'application/json', 'cache-control': 'no-store' };
    const send = (status: number, body?: object): unknown =>
      response.writeHead(status, headers).end(body && JSON.stringify(body));
    if (request.method === 'OPTIONS') return void send(204);
    void answer(request, options).then(
      (body) => send(200, body),
      (error: unknown) => {
        const { status, message } = refusalOf(error);
        send(status, { message });
      },
    );
  };

/**
 * A codec server for Temporal's Web UI and command line.
 *
 * Source: Temporal, "Codec Server": POST /encode and /decode with `{ payloads: [...] }` in ProtoJSON.
 */
export const createCodecServer = (options: CodecServerOptions): Server =>
  options.tls === undefined ? createServer(listener(options)) : createTlsServer(options.tls, listener(options));

export { createCodec, keysOf } from '../codec';
