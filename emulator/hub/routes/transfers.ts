import { transferSpecOf } from '../transfers/spec';
import { transferView } from '../transfers/transfers';
import type { AddRoute } from './route';

/** Import and export jobs (REST reference, "Jobs - Create Import Export Job" and its neighbours). */
export function transferRoutes(add: AddRoute): void {
  const route = { right: 'RegistryWrite', everyTier: true } as const;
  add('POST', '/jobs/create', { ...route, action: 'jobs/write' }, async ({ hub, body }) =>
    transferView(await hub.transfers.create(transferSpecOf(body))),
  );
  add('GET', '/jobs', { ...route, action: 'jobs/read' }, ({ hub }) => hub.transfers.list().map(transferView));
  add('GET', '/jobs/:id', { ...route, action: 'jobs/read' }, ({ hub, params: { id = '' } }) =>
    transferView(hub.transfers.require(id)),
  );
  add('DELETE', '/jobs/:id', { ...route, action: 'jobs/delete' }, ({ hub, params: { id = '' } }) => {
    hub.transfers.cancel(id);
  });
}
