import type { TlsFiles } from '../tls';
import { startTlsServer, type TlsServer } from '../tls-server';
import { AmqpConnection } from './connection';
import type { AmqpService } from './service';

/** What clients name AMQP over websockets. */
export const AMQP_SUBPROTOCOL = 'AMQPWSB10';

/** Serves AMQP 1.0. @param port 0 for a free one */
export const startAmqp = (
  services: readonly AmqpService[],
  tls: Pick<TlsFiles, 'cert' | 'key'>,
  port: number,
): Promise<TlsServer> =>
  startTlsServer(tls, (stream, { peer, host }) => new AmqpConnection(stream, peer(), host, services), port);
