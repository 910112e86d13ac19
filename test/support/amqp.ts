import { once } from 'node:events';
import rhea, { type Connection, type ConnectionOptions } from 'rhea';

/** An AMQP connection to a hub that signs in by SASL PLAIN, as the documentation has it (iot-hub-amqp-support.md). */
export function connectPlain(host: string, username: string, password: string): Connection {
  const options = { transport: 'tls', host, port: 5671, servername: host, username, password, reconnect: false };
  const connection = rhea.create_container().connect(options as ConnectionOptions);
  connection.on('disconnected', () => undefined); // else rhea prints it
  return connection;
}

/** Ends a connection in order; nothing happens when it is not open. */
export async function closeConnection(connection: Connection): Promise<void> {
  if (!connection.is_open()) return;
  connection.close();
  await once(connection, 'connection_close');
}
