import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { OwnEmulator } from './own-emulator';

/** An answer, taken apart. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** JSON, else the text. */
  readonly body: unknown;
}

/** One request of the hub's owner, with an API version, unless the headers say otherwise. */
export async function rest(
  emulator: OwnEmulator,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const text = body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body);
  const versioned = path.includes('api-version')
    ? path
    : `${path}${path.includes('?') ? '&' : '?'}api-version=2021-04-12`;
  const all = {
    authorization: emulator.ownerToken(),
    ...(text !== '' && { 'content-type': 'application/json' }),
    'content-length': Buffer.byteLength(text),
    ...headers,
  };
  const { agent, hostName } = emulator;
  const call = request({ agent, host: hostName, method, path: versioned, headers: all });
  call.end(text);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  const answer = Buffer.concat((await response.toArray()) as Buffer[]).toString();
  return { status: response.statusCode ?? 0, headers: response.headers as Answer['headers'], body: jsonOf(answer) };
}

/** Sends bytes and reads until the other side closes. @returns all that came, as latin1 */
export async function exchange(emulator: OwnEmulator, bytes: string | Buffer, withinMs = 120_000): Promise<string> {
  const socket = await emulator.dial(443);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const timer = setTimeout(() => socket.destroy(), withinMs);
  socket.write(bytes);
  if (!socket.closed) await once(socket, 'close');
  clearTimeout(timer);
  return Buffer.concat(chunks).toString('latin1');
}

/** Reads the first answer in what came; status 0 when there is none. */
export function answerOf(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [first = '', ...lines] = head.split('\r\n');
  const headers = Object.fromEntries(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const body = Buffer.from(rest.join('\r\n\r\n'), 'latin1').toString();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? 0), headers, body: jsonOf(body) };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
