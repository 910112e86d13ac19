import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import { LOOPBACK } from '../../names';
import type { Peer } from '../mqtt-service';
import { peerOf } from '../peer';
import type { TlsFiles } from '../tls';
import { AmqpConnection } from './connection';
import type { AmqpService } from './service';

export interface AmqpServer {
  readonly port: number;
  /** Serves a connection that came by other means: a websocket. */
  readonly serve: (stream: Duplex, peer: Peer) => void;
  close(): Promise<void>;
}

/** What clients name AMQP over websockets. */
export const AMQP_SUBPROTOCOL = 'AMQPWSB10';

/** How often time limits are looked at, for all connections in one go. */
const SWEEP_MS = 1000;

/** Serves AMQP 1.0 over TLS on a free loopback port. Client certificates are asked for; the services judge them. */
export async function startAmqp(
  services: readonly AmqpService[],
  { cert, key }: Pick<TlsFiles, 'cert' | 'key'>,
): Promise<AmqpServer> {
  const connections = new Set<AmqpConnection>();
  const serve = (stream: Duplex, peer: Peer, host?: string): void => {
    const connection = new AmqpConnection(stream, peer, host, services);
    connections.add(connection);
    stream.once('close', () => connections.delete(connection));
  };
  const server = createServer(
    { cert, key, minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false },
    (socket) => serve(socket, peerOf(socket), nameAskedFor(socket)),
  );
  server.on('tlsClientError', (_error, socket: TLSSocket) => socket.destroy());
  server.listen({ host: LOOPBACK, port: 0, backlog: 4096 });
  await once(server, 'listening');
  const sweep = setInterval(() => {
    for (const connection of connections) connection.checkTime(Date.now());
  }, SWEEP_MS);
  sweep.unref();
  return {
    port: (server.address() as AddressInfo).port,
    serve: (stream, peer) => serve(stream, peer),
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
