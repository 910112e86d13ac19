/**
 * A proxy for programs that no preload reaches: Java (SOCKS 5 for sockets, HTTP CONNECT for HTTPS) and clients in C. It
 * leads to the emulator's own names and refuses every other, so it opens nothing that the loopback interface does not.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import { connect, createServer, Socket, type AddressInfo, type Server } from 'node:net';
import { pipeline, type Duplex } from 'node:stream';
import { verdictOn, type Redirect } from '../exec/redirects';
import { LOOPBACK } from '../names';
import { SOCKS_REPLY, socksReply, socksRequest, SOCKS_VERSION } from './socks';

/** How long a client may take to say where it wants to go. */
const REQUEST_WITHIN_MS = 10_000;

/** Starts it on a loopback port, a free one unless given; closing ends the connections through it. */
export async function startProxy(
  redirects: readonly Redirect[],
  port = 0,
): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const http = httpSide(redirects);
  const server = createServer((socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
    admit(socket, redirects, http);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, LOOPBACK, resolve));
  return { port: (server.address() as AddressInfo).port, close: () => end(server, sockets) };
}

/** The first byte tells the protocols apart: no HTTP method begins with it. */
function admit(socket: Socket, redirects: readonly Redirect[], http: HttpServer): void {
  socket.on('error', () => socket.destroy()).setTimeout(REQUEST_WITHIN_MS, () => socket.destroy());
  socket.once('readable', () => {
    const first = socket.read(1) as Buffer | null;
    if (first === null) return void socket.destroy();
    socket.unshift(first);
    if (first[0] === SOCKS_VERSION) serveSocks(socket, redirects).catch(() => socket.destroySoon());
    else http.emit('connection', socket);
  });
}

async function serveSocks(socket: Socket, redirects: readonly Redirect[]): Promise<void> {
  const { host, port } = await socksRequest(socket);
  const verdict = verdictOn(redirects, host, port);
  if (verdict === undefined) socket.end(socksReply(SOCKS_REPLY.refusedByRules));
  else if ('refusal' in verdict) socket.end(socksReply(SOCKS_REPLY.connectionRefused));
  else tunnel(socket, verdict.to, socksReply(SOCKS_REPLY.succeeded));
}

function httpSide(redirects: readonly Redirect[]): HttpServer {
  const http = createHttpServer((_request, response) => {
    response
      .writeHead(501, { connection: 'close' })
      .end('iothub-emulator: this proxy serves CONNECT and SOCKS 5 only\n');
  });
  return http.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.unshift(head);
    const { hostname, port } = authorityOf(request.url ?? '');
    const verdict = verdictOn(redirects, hostname, port);
    if (verdict === undefined) refuse(socket, 403, `iothub-emulator leads to no name but its own, not to ${hostname}`);
    else if ('refusal' in verdict) refuse(socket, 502, verdict.refusal);
    else tunnel(socket, verdict.to, Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n'));
  });
}

/** `host:port`, the form that CONNECT has (RFC 9110, section 9.3.6). */
function authorityOf(text: string): { hostname: string; port: number } {
  const [, hostname = '', port = ''] = /^([^\s/:]+):(\d{1,5})$/.exec(text) ?? [];
  return { hostname, port: Number(port) };
}

const refuse = (socket: Duplex, status: number, text: string): unknown =>
  socket.end(`HTTP/1.1 ${status} ${text}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);

/** Joins a client to a port of this machine, and tells it so first. */
function tunnel(client: Duplex, port: number, established: Buffer): void {
  const upstream = connect({ host: LOOPBACK, port });
  upstream.once('error', () => client.destroy());
  upstream.once('connect', () => {
    if (client instanceof Socket) client.setTimeout(0); // both protocols hand over the socket that `admit` got
    client.write(established);
    pipeline(client, upstream, client, () => undefined); // an error ends both, and no more is to be done
  });
}

function end(server: Server, sockets: Iterable<Socket>): Promise<void> {
  for (const socket of sockets) socket.destroy();
  return new Promise((resolve) => server.close(() => resolve()));
}
