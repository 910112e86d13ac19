import { HubError } from '../errors';
import { requireIfMatch } from '../etag';
import { IdentityInput } from '../identity';
import { identityView } from '../views';
import { runBulk } from '../bulk';
import { countOf, parse } from './parse';
import type { AddRoute, HubCall } from './route';

const LARGEST_LIST = 1000;

const read = { right: 'RegistryRead', action: 'devices/read' } as const;
const write = { right: 'RegistryWrite', action: 'devices/write' } as const;
const remove = { right: 'RegistryWrite', action: 'devices/delete' } as const;
const bulkWrite = { right: 'RegistryWrite', action: ['devices/write', 'devices/delete'] } as const;

/** Identities one by one, as a list, and in bulk. */
export function deviceRoutes(add: AddRoute): void {
  const everyTier = true;
  add('GET', '/devices', { ...read, everyTier }, listDevices);
  add('POST', '/devices', { ...bulkWrite, everyTier }, bulk);
  add('GET', '/devices/:id', { ...read, everyTier }, ({ hub, params }) =>
    identityView(hub.devices.require(params.id ?? '')),
  );
  add('PUT', '/devices/:id', { ...write, everyTier }, putDevice);
  add('DELETE', '/devices/:id', { ...remove, everyTier }, ({ hub, params, header }) => {
    const id = params.id ?? '';
    hub.devices.require(id);
    hub.devices.delete(id, requireIfMatch(header('if-match')));
  });
}

function listDevices({ hub, query }: HubCall): unknown {
  const top = Math.min(countOf(query.top, 'top', LARGEST_LIST), LARGEST_LIST);
  const views = [];
  for (const [, device] of hub.devices.after(0)) {
    if (views.length === top) break;
    views.push(identityView(device));
  }
  return views;
}

/** Without If-Match it creates; with it, it updates. */
function putDevice({ hub, params, body, header }: HubCall): unknown {
  const input = { ...parse(IdentityInput, body), moduleId: undefined };
  if (input.deviceId !== params.id) {
    throw new HubError('ArgumentInvalid', 'The deviceId in the body differs from the one in the path.');
  }
  const ifMatch = header('if-match');
  return identityView(ifMatch === undefined ? hub.devices.create(input) : hub.devices.update(input, ifMatch));
}

/** 400 when an item failed, with the same body: the SDKs read the errors from it. */
function bulk({ hub, body, status }: HubCall): unknown {
  const result = runBulk(hub.devices, body);
  if (!result.isSuccessful) status(400);
  return result;
}
