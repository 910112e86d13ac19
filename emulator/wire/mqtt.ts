import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import { LOOPBACK } from '../names';
import type { Counters } from '../world/counters';
import { MqttConnection } from './mqtt-connection';
import type { MqttService, Peer } from './mqtt-service';
import { peerOf } from './peer';
import type { TlsFiles } from './tls';

export interface MqttServer {
  readonly port: number;
  /** Takes a connection that came another way: over a websocket. */
  serve(stream: Duplex, peer: Peer): void;
  close(): Promise<void>;
}

/** How often time limits are looked at, for all connections in one go. */
const SWEEP_MS = 1000;

/** Serves MQTT 3.1.1 over TLS on a free loopback port. Client certificates are asked for; the services judge them. */
export async function startMqtt(
  services: readonly MqttService[],
  { cert, key }: Pick<TlsFiles, 'cert' | 'key'>,
  counters: Counters,
): Promise<MqttServer> {
  const connections = new Set<MqttConnection>();
  const serve = (stream: Duplex, peer: () => Peer): void => {
    const connection = new MqttConnection(stream, peer, services, counters);
    connections.add(connection);
    stream.once('close', () => connections.delete(connection));
  };
  const server = createServer(
    { cert, key, minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false },
    (socket) => {
      socket.setNoDelay(true);
      serve(socket, () => peerOf(socket));
    },
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
    serve: (stream, peer) => serve(stream, () => peer),
    async close() {
      clearInterval(sweep);
      for (const connection of connections) connection.close();
      server.close();
      await once(server, 'close');
    },
  };
}
