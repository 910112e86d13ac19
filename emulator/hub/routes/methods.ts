import { HubError } from '../errors';
import { invokeMethod, MethodRequest } from '../methods';
import { parse } from './parse';
import type { AddRoute } from './route';

const route = { right: 'ServiceConnect', action: 'directMethods/invoke/action', style: 'twin' } as const;

/** Direct methods on devices. */
export function methodRoutes(add: AddRoute): void {
  add('POST', '/twins/:id/methods', route, async ({ hub, params, body }) => {
    const device = hub.devices.require(params.id ?? '');
    if (body === undefined) throw new HubError('ArgumentNull', 'The request body is missing.');
    return await invokeMethod(hub.clock, device, parse(MethodRequest, body));
  });
}
