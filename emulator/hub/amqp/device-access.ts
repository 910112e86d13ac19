import { unauthorizedAccess } from '../../wire/amqp/refusal';
import type { AmqpPeer } from '../../wire/amqp/service';
import { authenticate } from '../access';
import { HubError } from '../errors';
import type { Hub } from '../hub';
import type { Device } from '../hub-device';
import type { Proof } from '../device-message';
import { isProvenBy } from '../x509';

/**
 * How a connection may act as a device or module: by a token put to `$cbs`, its own or of a policy with DeviceConnect, or
 * by the client certificate.
 *
 * @throws AmqpRefusal when it may not, or the device is disabled
 */
export function proofOf(hub: Hub, peer: AmqpPeer, { identity }: Device): Proof {
  const { deviceId, moduleId } = identity;
  if (hub.devices.get(deviceId)?.identity.status !== 'enabled') throw unauthorizedAccess();
  const path = moduleId === undefined ? `devices/${deviceId}` : `devices/${deviceId}/modules/${moduleId}`;
  for (const { kind, token } of peer.credentials()) {
    const scope = kind === 'sas' ? scopeOf(hub, token, path) : undefined;
    if (scope !== undefined) return { scope, type: 'sas' };
  }
  if (!isProvenBy(peer, identity, hub.settings.certificates, Date.now())) throw unauthorizedAccess();
  return { scope: moduleId === undefined ? 'device' : 'module', type: 'x509' };
}

/** Whose key signed the token; undefined when it does not let a device in. */
function scopeOf(hub: Hub, token: string, path: string): Proof['scope'] | undefined {
  try {
    const { rights, scope } = authenticate(hub, token, path);
    return rights.includes('DeviceConnect') ? scope : undefined;
  } catch (error) {
    if (error instanceof HubError) return undefined;
    throw error;
  }
}
