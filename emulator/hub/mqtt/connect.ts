import type { IConnectPacket } from 'mqtt-packet';
import { HUB_SUFFIX } from '../../names';
import { CONNACK, type Admission, type MqttService, type Peer } from '../../wire/mqtt-service';
import { CONNECT_KINDS, connectFault } from '../../wire/mqtt-disturbance';
import { COMMON_KINDS } from '../../world/faults';
import { authenticate, type Principal } from '../access';
import { HubError } from '../errors';
import { ThrottledError } from '../throttle/throttle';
import type { Hub } from '../hub';
import type { Device } from '../hub-device';
import type { Hubs } from '../hubs';
import type { Proof } from '../device-message';
import { isProvenBy } from '../x509';
import { MQTT_OPERATIONS, Session } from './session';
import { isModelId, userNameOf } from './user-name';
import { NO_WILL, willOf } from './will';

/** The devices and modules of all hubs, told apart by the host in the user name. */
export function hubMqttService(hubs: Hubs): MqttService {
  hubs.declare(CONNECT_KINDS, 'mqtt.connect');
  hubs.declare(COMMON_KINDS, ...MQTT_OPERATIONS);
  return { admit: (packet, peer) => admit(hubs, packet, peer) };
}

/**
 * Decides on a CONNECT: the client id is `{deviceId}` or `{deviceId}/{moduleId}`, as the user name says; the password is
 * a token of the device or of a policy with DeviceConnect, or there is none and the client certificate is the device's.
 */
function admit(hubs: Hubs, packet: IConnectPacket, peer: Peer): Admission {
  if (packet.protocolVersion !== 4) return { kind: 'refused', returnCode: CONNACK.badProtocol };
  const { host, deviceId, moduleId, modelId } = userNameOf(packet.username ?? '');
  if (packet.clientId !== (moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`)) {
    return { kind: 'refused', returnCode: CONNACK.badClientId };
  }
  const hub = hubs.get(hubNameOf(host) ?? '');
  const device = hub === undefined ? undefined : enabled(hub, deviceId, moduleId);
  if (hub === undefined || device === undefined) return unauthorized;
  const access = accessOf(hub, device, packet, peer);
  const will = willOf(device.identity, packet);
  if (access === undefined || will === NO_WILL || (modelId && !isModelId(modelId))) return unauthorized;
  const refusal = heldUp(hub, deviceId);
  if (refusal !== undefined) return refusal;
  if (modelId) hub.devices.setModel(device, modelId);
  const persistent = packet.clean === false;
  return {
    kind: 'admitted',
    expiresAt: access.expiresAt,
    sessionPresent: persistent && hub.sessions.has(device.identity),
    open: (wire) => new Session(hub, device, wire, { persistent, will, proof: access.proof }),
  };
}

/** A fault or the limit of new connections may keep out a client that would be let in: the limit as unavailable, so that it tries again. */
function heldUp(hub: Hub, deviceId: string): Admission | undefined {
  const fault = connectFault(hub, 'mqtt.connect', { hub: hub.name, deviceId });
  hub.counters.add('mqtt.connect');
  try {
    hub.throttle.takeTurn('connections');
  } catch (error) {
    if (error instanceof ThrottledError) return unavailable;
    throw error;
  }
  return fault;
}

const unavailable: Admission = { kind: 'refused', returnCode: CONNACK.unavailable };

/** A module counts as long as its device does. */
function enabled(hub: Hub, deviceId: string, moduleId: string | undefined): Device | undefined {
  const device = hub.devices.get(deviceId);
  if (device?.identity.status !== 'enabled') return undefined;
  return moduleId === undefined ? device : hub.devices.module(deviceId, moduleId);
}

interface Access {
  readonly expiresAt: number;
  readonly proof: Proof;
}

/** @returns undefined when neither password nor certificate lets the client in */
function accessOf(hub: Hub, { identity }: Device, { password }: IConnectPacket, peer: Peer): Access | undefined {
  const { deviceId, moduleId } = identity;
  if (password === undefined || password.length === 0) {
    const scope = moduleId === undefined ? 'device' : 'module';
    const isProven = isProvenBy(peer, identity, hub.settings.certificates, Date.now());
    return isProven ? { expiresAt: Infinity, proof: { scope, type: 'x509' } } : undefined;
  }
  const path = moduleId === undefined ? `devices/${deviceId}` : `devices/${deviceId}/modules/${moduleId}`;
  const principal = principalOf(hub, password.toString(), path);
  if (principal?.rights.includes('DeviceConnect') !== true) return undefined;
  return { expiresAt: principal.expiresAt, proof: { scope: principal.scope, type: 'sas' } };
}

function principalOf(hub: Hub, password: string, path: string): Principal | undefined {
  try {
    return authenticate(hub, password, path);
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}

const unauthorized: Admission = { kind: 'refused', returnCode: CONNACK.unauthorized };

const hubNameOf = (host: string): string | undefined =>
  host.toLowerCase().endsWith(`.${HUB_SUFFIX}`) ? host.slice(0, -HUB_SUFFIX.length - 1) : undefined;
