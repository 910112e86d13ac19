import type { Json } from '../../world/json';
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

/** The device, or module, that the path names. @throws HubError DeviceNotFound, ModuleNotFound */
export const deviceOf = ({ hub, params: { id = '', moduleId } }: HubCall): Device =>
  moduleId === undefined ? hub.devices.require(id) : hub.devices.requireModule(id, moduleId);

const writer =
  (write: 'patchTwin' | 'replaceTwin') =>
  (call: HubCall): unknown => {
    const device = deviceOf(call);
    call.hub.devices[write](device, call.body as Json | undefined, call.header('if-match'));
    return twinView(device);
  };
