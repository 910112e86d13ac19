import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import { LOOPBACK } from '../names';
import type { Peer } from './mqtt-service';
import { peerOf } from './peer';
import type { TlsFiles } from './tls';

/** A connection of some protocol, as its server sees it. */
export interface Connection {
  /** Ends what has run out of time. @param now ms since the epoch */
  checkTime(now: number): void;
  /** Ends in good order, within a time of its own. */
  close(): void;
}

/** Where a connection comes from. */
export interface Origin {
  /** Read from the certificates when it is called for. */
  readonly peer: () => Peer;
  /** The host that TLS was asked for; undefined when the client named none, and over websockets. */
  readonly host?: string | undefined;
}

export interface TlsServer {
  readonly port: number;
  /** Takes a connection that came another way: over a websocket. */
  readonly serve: (stream: Duplex, peer: Peer) => void;
  close(): Promise<void>;
}

/** How often time limits are looked at, for all connections in one go. */
const SWEEP_MS = 1000;

/**
 * Serves a protocol over TLS on a loopback port. Client certificates are asked for; the services judge them.
 *
 * @param open     begins to speak the protocol on a connection that has come
 * @param listenOn 0 for a free port
 */
export async function startTlsServer(
  { cert, key }: Pick<TlsFiles, 'cert' | 'key'>,
  open: (stream: Duplex, origin: Origin) => Connection,
  listenOn: number,
): Promise<TlsServer> {
  const connections = new Set<Connection>();
  const serve = (stream: Duplex, origin: Origin): void => {
    const connection = open(stream, origin);
    connections.add(connection);
    stream.once('close', () => connections.delete(connection));
  };
  const server = createServer(
    { cert, key, minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false },
    (socket) => {
      socket.setNoDelay(true);
      serve(socket, { peer: () => peerOf(socket), host: nameAskedFor(socket) });
    },
  );
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy());
  server.listen({ host: LOOPBACK, port: listenOn, backlog: 4096 });
  await once(server, 'listening');
  const sweep = setInterval(() => {
    for (const connection of connections) connection.checkTime(Date.now());
  }, SWEEP_MS);
  sweep.unref();
  return {
    port: (server.address() as AddressInfo).port,
    serve: (stream, peer) => serve(stream, { peer: () => peer }),
    async close() {
      for (const connection of connections) connection.close();
      server.close();
      // Connections have their time to close in order; the sweep, which ends the others, keeps no process alive.
      sweep.ref();
      await once(server, 'close');
      clearInterval(sweep);
    },
  };
}

const nameAskedFor = (socket: TLSSocket): string | undefined => {
  const { servername } = socket as { servername?: string | false }; // false when the client sent none
  return typeof servername === 'string' ? servername : undefined;
};
