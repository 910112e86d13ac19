import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { Peer } from './mqtt-service';
import { peerOf } from './peer';

/** A protocol spoken over websockets. */
export interface WebsocketRoute {
  /** Which `Host` headers it answers to; without flag `g`. */
  readonly hostPattern: RegExp;
  /** Compared without case, and without the query. */
  readonly path: string;
  /** What the client must offer in `Sec-WebSocket-Protocol`. */
  readonly subprotocol: string;
  /** Takes a connection: the frames' contents in a row, whatever their bounds. */
  readonly serve: (stream: Duplex, peer: Peer) => void;
}

/** Largest frame; protocols have lower limits of their own. */
const LARGEST_FRAME = 2 * 1024 * 1024;

/** What is told of a request that is no websocket of ours. */
type Refusal = '400 Bad Request' | '404 Not Found';

/** Serves websockets on a server with TLS. @returns cuts them all: the server's own `close` would wait for them */
export function serveWebsockets(server: Server, routes: readonly WebsocketRoute[]): () => void {
  const doors = routes.map((route) => ({ route, door: doorOf(route) }));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const here = doors.filter(({ route }) => isAt(route, request));
    const found = here.find(({ route }) => offersOf(request).includes(route.subprotocol));
    if (found === undefined || !(socket instanceof TLSSocket)) {
      refuse(socket, here.length === 0 ? '404 Not Found' : '400 Bad Request');
      return;
    }
    const peer = peerOf(socket);
    found.door.handleUpgrade(request, socket, head, (websocket) => {
      // Half-open is of no use: neither MQTT nor AMQP goes on one way only.
      const stream = createWebSocketStream(websocket, { allowHalfOpen: false });
      stream.on('error', () => stream.destroy());
      found.route.serve(stream, peer);
    });
  });
  return () => {
    for (const { door } of doors) for (const websocket of door.clients) websocket.terminate();
  };
}

const doorOf = ({ subprotocol }: WebsocketRoute): WebSocketServer =>
  new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: LARGEST_FRAME,
    handleProtocols: () => subprotocol,
  });

function isAt({ hostPattern, path }: WebsocketRoute, { headers, url = '' }: IncomingMessage): boolean {
  const [asked = ''] = url.split('?');
  const decoded = asked.replaceAll(/%24/g, '$').replace(/\/$/, '');
  return hostPattern.test(headers.host ?? '') && decoded.toLowerCase() === path.toLowerCase();
}

const offersOf = ({ headers }: IncomingMessage): string[] =>
  (headers['sec-websocket-protocol'] ?? '').split(',').map((offer) => offer.trim());

function refuse(socket: Duplex, refusal: Refusal): void {
  socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
