import { HubError } from '../errors';
import { invokeMethod, MethodRequest } from '../methods';
import { parse } from './parse';
import type { AddRoute } from './route';
import { deviceOf } from './twins';

const route = { right: 'ServiceConnect', action: 'directMethods/invoke/action', style: 'twin' } as const;

/** Direct methods on devices and modules. */
export function methodRoutes(add: AddRoute): void {
  for (const url of ['/twins/:id/methods', '/twins/:id/modules/:moduleId/methods']) {
    add('POST', url, route, async (call) => {
      const device = deviceOf(call);
      if (call.body === undefined) throw new HubError('ArgumentNull', 'The request body is missing.');
      return await invokeMethod(call.hub.clock, device, parse(MethodRequest, call.body));
    });
  }
}
