import { HubError } from '../errors';
import { requireIfMatch } from '../etag';
import { IdentityInput } from '../identity';
import { identityView } from '../views';
import { parse } from './parse';
import type { AddRoute, HubCall } from './route';

/** Identities of modules, one by one and as a list (REST reference, "Modules"). */
export function moduleRoutes(add: AddRoute): void {
  const reads = { right: 'RegistryRead', action: 'devices/read' } as const;
  const writes = { right: 'RegistryWrite', action: 'devices/write' } as const;
  const removes = { right: 'RegistryWrite', action: 'devices/delete' } as const;
  add('GET', '/devices/:id/modules', reads, ({ hub, params: { id = '' } }) => {
    hub.devices.require(id);
    return hub.devices.modulesOf(id).map(identityView);
  });
  add('GET', '/devices/:id/modules/:moduleId', reads, ({ hub, params: { id = '', moduleId = '' } }) =>
    identityView(hub.devices.requireModule(id, moduleId)),
  );
  add('PUT', '/devices/:id/modules/:moduleId', writes, putModule);
  add('DELETE', '/devices/:id/modules/:moduleId', removes, ({ hub, params: { id = '', moduleId = '' }, header }) => {
    hub.devices.requireModule(id, moduleId);
    hub.devices.deleteModule(id, moduleId, requireIfMatch(header('if-match')));
  });
}

/** Without If-Match it creates; with it, it updates. */
function putModule({ hub, params, body, header }: HubCall): unknown {
  const input = parse(IdentityInput, body);
  if (input.deviceId !== params.id || input.moduleId !== params.moduleId) {
    throw new HubError('ArgumentInvalid', 'The deviceId or moduleId in the body differs from the one in the path.');
  }
  const ifMatch = header('if-match');
  return identityView(ifMatch === undefined ? hub.devices.create(input) : hub.devices.update(input, ifMatch));
}
