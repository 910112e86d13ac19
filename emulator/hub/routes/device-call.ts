import { HubError } from '../errors';
import type { Device } from '../hub-device';
import type { HubCall } from './route';

/**
 * The device that calls, or its module when the path names one: whoever signed may act for it.
 *
 * @throws HubError DeviceNotFound, ModuleNotFound, DeviceDisabled
 */
export function callerOf({ hub, params: { id = '', moduleId } }: HubCall): Device {
  const device = hub.devices.require(id);
  if (device.identity.status === 'disabled') throw new HubError('DeviceDisabled', `Device ${id} is disabled`);
  return moduleId === undefined ? device : hub.devices.requireModule(id, moduleId);
}
