import type { Counters } from '../world/counters';
import { MqttConnection } from './mqtt-connection';
import type { MqttService } from './mqtt-service';
import type { TlsFiles } from './tls';
import { startTlsServer, type TlsServer } from './tls-server';

/** Serves MQTT 3.1.1. @param port 0 for a free one */
export const startMqtt = (
  services: readonly MqttService[],
  tls: Pick<TlsFiles, 'cert' | 'key'>,
  counters: Counters,
  port: number,
): Promise<TlsServer> =>
  startTlsServer(tls, (stream, { peer }) => new MqttConnection(stream, peer, services, counters), port);
