import type { Json } from '../../world/json';
import type { Registry } from '../registry';
import { twinView } from '../views';
import type { AddRoute, HubCall } from './route';

/** Device twins, read and written by the service. */
export function twinRoutes(add: AddRoute): void {
  const route = { right: 'ServiceConnect', style: 'twin' } as const;
  add('GET', '/twins/:id', { ...route, action: 'twins/read' }, ({ hub, params }) =>
    twinView(hub.devices.require(params.id ?? '')),
  );
  add('PATCH', '/twins/:id', { ...route, action: 'twins/write' }, writer('patchTwin'));
  add('PUT', '/twins/:id', { ...route, action: 'twins/write' }, writer('replaceTwin'));
}

const writer =
  (write: 'patchTwin' | 'replaceTwin') =>
  ({ hub, params, body, header }: HubCall): unknown => {
    const registry: Registry = hub.devices;
    const device = registry.require(params.id ?? '');
    registry[write](device, body as Json | undefined, header('if-match'));
    return twinView(device);
  };
