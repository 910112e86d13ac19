import type { IConnectPacket } from 'mqtt-packet';
import { CONNACK, type Admission, type MqttService, type Peer } from '../../wire/mqtt-service';
import { CONNECT_KINDS, connectFault } from '../../wire/mqtt-disturbance';
import { COMMON_KINDS } from '../../world/faults';
import { tokenFor } from '../attest';
import type { ProvisioningServices } from '../services';
import { DPS_MQTT_OPERATIONS, DpsSession } from './session';

/** `{idScope}/registrations/{registrationId}/api-version=…&ClientVersion=…` (iot-dps/iot-dps-mqtt-support.md). */
const USER_NAME = /^([^/]+)\/registrations\/([^/]+)\/\??(.*)$/i;

/** The devices of all provisioning services, told apart by the id scope in the user name. */
export function dpsMqttService(provisioning: ProvisioningServices): MqttService {
  const { faults } = provisioning.world;
  faults.declare(CONNECT_KINDS, 'dps.mqtt.connect');
  faults.declare(COMMON_KINDS, ...DPS_MQTT_OPERATIONS);
  return { admit: (packet, peer) => admit(provisioning, packet, peer) };
}

/**
 * Decides on a CONNECT. Whether the key is the right one is answered on the response topic, as Azure does
 * (MicrosoftDocs/azure-docs issue 43157); without any token or certificate for this very device nobody gets so far.
 */
function admit(provisioning: ProvisioningServices, packet: IConnectPacket, peer: Peer): Admission | undefined {
  const [match, idScope = '', registrationId = '', parameters = ''] = USER_NAME.exec(packet.username ?? '') ?? [];
  if (match === undefined) return undefined;
  if (packet.protocolVersion !== 4) return { kind: 'refused', returnCode: CONNACK.badProtocol };
  if (packet.clientId.toLowerCase() !== registrationId.toLowerCase())
    return { kind: 'refused', returnCode: CONNACK.badClientId };
  const service = provisioning.ofIdScope(idScope);
  const sas = packet.password?.toString() || undefined;
  const token = sas === undefined ? undefined : tokenFor(idScope, registrationId, sas);
  const isShown = sas === undefined ? peer.certificates.length > 0 : token !== undefined;
  if (service === undefined || !isShown) return { kind: 'refused', returnCode: CONNACK.unauthorized };
  const struck = connectFault(provisioning.world, 'dps.mqtt.connect', { deviceId: registrationId });
  if (struck !== undefined) return struck;
  const apiVersion = new URLSearchParams(parameters).get('api-version') ?? undefined;
  return {
    kind: 'admitted',
    expiresAt: token?.expiresAt ?? Infinity,
    sessionPresent: false, // sessions never persist, whatever CleanSession says
    open: (wire) =>
      new DpsSession(
        service,
        { registrationId, apiVersion, credential: { sas, certificates: peer.certificates } },
        wire,
      ),
  };
}
