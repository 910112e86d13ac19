import type { Json } from '../../world/json';
import { HubError } from '../errors';
import type { Device } from '../hub-device';
import { twinView } from '../views';
import type { AddRoute, HubCall } from './route';

/** Twins of devices and modules, read and written by the service. */
export function twinRoutes(add: AddRoute): void {
  const route = { right: 'ServiceConnect', style: 'twin' } as const;
  for (const url of ['/twins/:id', '/twins/:id/modules/:moduleId']) {
    add('GET', url, { ...route, action: 'twins/read' }, (call) => twinView(deviceOf(call)));
    add('PATCH', url, { ...route, action: 'twins/write' }, writer('patchTwin'));
    add('PUT', url, { ...route, action: 'twins/write' }, writer('replaceTwin'));
  }
}

/**
 * The device, or module, that the path names.
 *
 * @throws HubError DeviceNotFound, for a missing module too (live hub, see identity.ts)
 */
export function deviceOf({ hub, params: { id = '', moduleId } }: HubCall): Device {
  const device = hub.devices.require(id);
  if (moduleId === undefined) return device;
  const module = hub.devices.module(id, moduleId);
  if (module === undefined) throw new HubError('DeviceNotFound', `Device ${id}/${moduleId} not registered`);
  return module;
}

const writer =
  (write: 'patchTwin' | 'replaceTwin') =>
  (call: HubCall): unknown => {
    const device = deviceOf(call);
    call.hub.devices[write](device, call.body as Json | undefined, call.header('if-match'));
    return twinView(device);
  };
