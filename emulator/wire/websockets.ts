import { type IncomingMessage, type Server, STATUS_CODES } from 'node:http';
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

/** A protocol that opens its websockets itself: it decides by the request, and keeps the bounds of frames. */
export interface UpgradeRoute {
  readonly hostPattern: RegExp;
  readonly path: string;
  /** Opens the websocket, or refuses the request by {@link refuseUpgrade}. */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

/** Largest frame; protocols have lower limits of their own. */
const LARGEST_FRAME = 2 * 1024 * 1024;

/**
 * Serves websockets on a server with TLS.
 *
 * @param upgrades asked first
 * @returns cuts those of `routes`: the server's own `close` would wait for them
 */
export function serveWebsockets(
  server: Server,
  routes: readonly WebsocketRoute[],
  upgrades: readonly UpgradeRoute[] = [],
): () => void {
  const doors = routes.map((route) => ({ route, door: doorOf(route) }));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const own = upgrades.find((route) => isAt(route, request));
    if (own !== undefined) {
      own.upgrade(request, socket, head);
      return;
    }
    const here = doors.filter(({ route }) => isAt(route, request));
    const found = here.find(({ route }) => offersOf(request).includes(route.subprotocol));
    if (found === undefined || !(socket instanceof TLSSocket)) {
      refuseUpgrade(socket, here.length === 0 ? 404 : 400);
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

function isAt(
  { hostPattern, path }: Pick<WebsocketRoute, 'hostPattern' | 'path'>,
  { headers, url = '' }: IncomingMessage,
): boolean {
  const [asked = ''] = url.split('?');
  const decoded = asked.replaceAll(/%24/g, '$').replace(/\/$/, '');
  return hostPattern.test(headers.host ?? '') && decoded.toLowerCase() === path.toLowerCase();
}

const offersOf = ({ headers }: IncomingMessage): string[] =>
  (headers['sec-websocket-protocol'] ?? '').split(',').map((offer) => offer.trim());

/** Answers a request that gets no websocket, and ends its connection. @param text the body, where there is more to say */
export function refuseUpgrade(socket: Duplex, status: number, text = ''): void {
  const line = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`;
  const headers = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(text)}`;
  socket.end(`${line}\r\n${headers}\r\n\r\n${text}`, () => socket.destroy());
}
