import type { IConnectPacket } from 'mqtt-packet';
import { HUB_SUFFIX } from '../../names';
import { authenticate } from '../access';
import { HubError } from '../errors';
import type { Hub } from '../hub';
import type { Device } from '../hub-device';
import type { Hubs } from '../hubs';

/** CONNACK return codes (MQTT 3.1.1, section 3.2.2.3). */
export const CONNACK = { accepted: 0, badProtocol: 1, badClientId: 2, unauthorized: 5 } as const;
type Refusal = Exclude<(typeof CONNACK)[keyof typeof CONNACK], 0>;

export type Admission =
  | { readonly kind: 'admitted'; readonly hub: Hub; readonly device: Device; readonly expiresAt: number }
  | { readonly kind: 'refused'; readonly returnCode: Refusal };

/**
 * Decides on a CONNECT: the user name is `{host}/{deviceId}` with or without `/?api-version=…`, the client id is the
 * device id, and the password a token of the device or of a policy with DeviceConnect.
 */
export function admit(hubs: Hubs, packet: IConnectPacket): Admission {
  if (packet.protocolVersion !== 4) return { kind: 'refused', returnCode: CONNACK.badProtocol };
  const [host = '', deviceId = '', next = ''] = (packet.username ?? '').split('/');
  if (packet.clientId !== deviceId) return { kind: 'refused', returnCode: CONNACK.badClientId };
  const hub = hubs.get(hubNameOf(host) ?? '');
  const device = hub?.devices.get(deviceId);
  const isModule = next !== '' && !next.startsWith('?') && !next.startsWith('api-version');
  if (hub === undefined || device?.identity.status !== 'enabled' || isModule) return unauthorized;
  try {
    const { rights, expiresAt } = authenticate(hub, packet.password?.toString(), `devices/${deviceId}`);
    return rights.includes('DeviceConnect') ? { kind: 'admitted', hub, device, expiresAt } : unauthorized;
  } catch (error) {
    if (error instanceof HubError) return unauthorized;
    throw error;
  }
}

const unauthorized: Admission = { kind: 'refused', returnCode: CONNACK.unauthorized };

const hubNameOf = (host: string): string | undefined =>
  host.toLowerCase().endsWith(`.${HUB_SUFFIX}`) ? host.slice(0, -HUB_SUFFIX.length - 1) : undefined;
