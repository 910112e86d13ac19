import type { IConnectPacket } from 'mqtt-packet';
import { HUB_SUFFIX } from '../../names';
import { CONNACK, type Admission, type MqttService } from '../../wire/mqtt-service';
import { authenticate } from '../access';
import { HubError } from '../errors';
import type { Hubs } from '../hubs';
import { Session } from './session';

/** The devices of all hubs, told apart by the host in the user name. */
export const hubMqttService = (hubs: Hubs): MqttService => ({ admit: (packet) => admit(hubs, packet) });

/**
 * Decides on a CONNECT: the user name is `{host}/{deviceId}` with or without `/?api-version=…`, the client id is the
 * device id, and the password a token of the device or of a policy with DeviceConnect.
 */
function admit(hubs: Hubs, packet: IConnectPacket): Admission {
  if (packet.protocolVersion !== 4) return { kind: 'refused', returnCode: CONNACK.badProtocol };
  const [host = '', deviceId = '', next = ''] = (packet.username ?? '').split('/');
  if (packet.clientId !== deviceId) return { kind: 'refused', returnCode: CONNACK.badClientId };
  const hub = hubs.get(hubNameOf(host) ?? '');
  const device = hub?.devices.get(deviceId);
  const isModule = next !== '' && !next.startsWith('?') && !next.startsWith('api-version');
  if (hub === undefined || device?.identity.status !== 'enabled' || isModule) return unauthorized;
  try {
    const { rights, expiresAt } = authenticate(hub, packet.password?.toString(), `devices/${deviceId}`);
    if (!rights.includes('DeviceConnect')) return unauthorized;
    const persistent = packet.clean === false;
    return {
      kind: 'admitted',
      expiresAt,
      sessionPresent: persistent && device.keptSession !== undefined,
      open: (wire) => new Session(hub, device, wire, persistent),
    };
  } catch (error) {
    if (error instanceof HubError) return unauthorized;
    throw error;
  }
}

const unauthorized: Admission = { kind: 'refused', returnCode: CONNACK.unauthorized };

const hubNameOf = (host: string): string | undefined =>
  host.toLowerCase().endsWith(`.${HUB_SUFFIX}`) ? host.slice(0, -HUB_SUFFIX.length - 1) : undefined;
