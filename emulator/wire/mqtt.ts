import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { LOOPBACK } from '../names';
import { MqttConnection } from './mqtt-connection';
import type { MqttService } from './mqtt-service';
import type { TlsFiles } from './tls';

export interface MqttServer {
  readonly port: number;
  close(): Promise<void>;
}

/** How often time limits are looked at, for all connections in one go. */
const SWEEP_MS = 1000;

/** Serves MQTT 3.1.1 over TLS on a free loopback port. Client certificates are asked for; the services judge them. */
export async function startMqtt(
  services: readonly MqttService[],
  { cert, key }: Pick<TlsFiles, 'cert' | 'key'>,
): Promise<MqttServer> {
  const connections = new Set<MqttConnection>();
  const server = createServer(
    { cert, key, minVersion: 'TLSv1.2', requestCert: true, rejectUnauthorized: false },
    (socket) => {
      const connection = new MqttConnection(socket, services);
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
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
    async close() {
      clearInterval(sweep);
      for (const connection of connections) connection.close();
      server.close();
      await once(server, 'close');
    },
  };
}
