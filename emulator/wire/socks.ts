import { once } from 'node:events';
import type { Socket } from 'node:net';

/** Version 5 of the protocol, and the first byte that a client of it sends. */
export const SOCKS_VERSION = 5;

/** What a client asks to be connected to. */
export interface SocksTarget {
  readonly host: string;
  readonly port: number;
}

/** Reply codes of RFC 1928, section 6. */
export const SOCKS_REPLY = { succeeded: 0, refusedByRules: 2, connectionRefused: 5, commandUnknown: 7 } as const;

const NO_AUTHENTICATION = 0;
const NONE_ACCEPTABLE = 0xff;
const CONNECT = 1;
const ADDRESS = { ipv4: 1, name: 3, ipv6: 4 } as const;

/**
 * The server's side of a SOCKS 5 handshake without authentication, up to the request (RFC 1928, sections 3 and 4). At
 * most 520 bytes are read. IP addresses come back as their bytes in text: no name of the emulator's is one.
 *
 * @throws Error when the client ends, or asks for what is not there; a client that can be answered has been
 */
export async function socksRequest(socket: Socket): Promise<SocksTarget> {
  const [, methods = 0] = await take(socket, 2);
  const offered = await take(socket, methods);
  if (!offered.includes(NO_AUTHENTICATION)) {
    socket.end(Buffer.of(SOCKS_VERSION, NONE_ACCEPTABLE));
    throw new Error('the client wants to authenticate');
  }
  socket.write(Buffer.of(SOCKS_VERSION, NO_AUTHENTICATION));
  const [, command, , kind] = await take(socket, 4);
  const host = await address(socket, kind);
  const port = (await take(socket, 2)).readUInt16BE();
  if (command === CONNECT) return { host, port };
  socket.end(socksReply(SOCKS_REPLY.commandUnknown));
  throw new Error(`SOCKS command ${command}`);
}

/** @param code one of {@link SOCKS_REPLY}; the bound address is left out, as no client of TCP needs it */
export const socksReply = (code: number): Buffer => Buffer.of(SOCKS_VERSION, code, 0, ADDRESS.ipv4, 0, 0, 0, 0, 0, 0);

async function address(socket: Socket, kind: number | undefined): Promise<string> {
  if (kind === ADDRESS.name) {
    const [length = 0] = await take(socket, 1);
    return (await take(socket, length)).toString('latin1');
  }
  if (kind === ADDRESS.ipv4) return (await take(socket, 4)).join('.');
  if (kind === ADDRESS.ipv6) return (await take(socket, 16)).toString('hex');
  throw new Error(`SOCKS address kind ${kind}`);
}

/** Exactly `count` bytes; what came with them goes back. All is read each time: a stream that holds some is always readable. */
async function take(socket: Socket, count: number): Promise<Buffer> {
  const gone = new AbortController();
  const end = (): void => gone.abort(new Error('the client is gone'));
  socket.once('close', end);
  try {
    let held = Buffer.alloc(0);
    while (held.length < count) {
      const bytes = socket.read() as Buffer | null;
      if (bytes !== null) held = Buffer.concat([held, bytes]);
      else if (socket.destroyed) throw new Error('the client is gone');
      else await once(socket, 'readable', { signal: gone.signal });
    }
    if (held.length > count) socket.unshift(held.subarray(count));
    return held.subarray(0, count);
  } finally {
    socket.off('close', end);
  }
}
