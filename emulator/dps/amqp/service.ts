import { DPS_HOST_PATTERN } from '../../names';
import type { AmqpPeer, AmqpService } from '../../wire/amqp/service';
import { COMMON_KINDS } from '../../world/faults';
import { tokenFor } from '../attest';
import { DpsError } from '../errors';
import type { ProvisioningServices } from '../services';
import { refusalOf } from './refusals';
import { DPS_AMQP_OPERATIONS, DpsAmqpSession } from './session';

/** `{idScope}/registrations/{registrationId}` (azure-iot-provisioning-device-amqp, amqp.js, `policyOverride`). */
const USER_NAME = /^([^/]+)\/registrations\/([^/]+)$/i;

/**
 * The devices of all provisioning services over AMQP, told apart by the id scope. Without a certificate, or a token for
 * the device that the user name names, nobody gets a session; which key or certificate it must be is judged with each
 * request, as over MQTT.
 */
export function dpsAmqpService(provisioning: ProvisioningServices): AmqpService {
  provisioning.world.faults.declare(COMMON_KINDS, ...DPS_AMQP_OPERATIONS);
  return serviceOf(provisioning);
}

const serviceOf = (provisioning: ProvisioningServices): AmqpService => ({
  signIn(host, { username, password }) {
    const [, idScope = '', registrationId = ''] = USER_NAME.exec(username) ?? [];
    return DPS_HOST_PATTERN.test(host) ? tokenFor(idScope, registrationId, password)?.expiresAt : undefined;
  },
  open(host, peer) {
    if (!DPS_HOST_PATTERN.test(host)) return undefined;
    requireCredential(peer, provisioning);
    return new DpsAmqpSession(provisioning, peer);
  },
});

/** The answer is the service's own (Azure/azure-iot-sdk-c issue 815). @throws AmqpRefusal, which ends the connection */
function requireCredential({ certificates, credentials }: AmqpPeer, { world }: ProvisioningServices): void {
  if (certificates.length > 0 || credentials().length > 0) return;
  throw refusalOf(new DpsError('InvalidCredential', 'IotHubUnauthorizedAccess'), world.clock.now());
}
