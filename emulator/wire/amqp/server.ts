import type { TlsFiles } from '../tls';
import { startTlsServer, type TlsServer } from '../tls-server';
import { AmqpConnection } from './connection';
import type { AmqpService } from './service';

/** What clients name AMQP over websockets. */
export const AMQP_SUBPROTOCOL = 'AMQPWSB10';

/** Serves AMQP 1.0. */
export const startAmqp = (services: readonly AmqpService[], tls: Pick<TlsFiles, 'cert' | 'key'>): Promise<TlsServer> =>
  startTlsServer(tls, (stream, { peer, host }) => new AmqpConnection(stream, peer(), host, services));
