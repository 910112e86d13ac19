import { Agent } from 'node:https';

import { TableServiceClient } from '@azure/data-tables';

import { TABLE_SUFFIX } from '../names';

/** How the control plane reaches the table service: by the account's name, at a loopback port. */
export interface TableAccess {
  readonly port: number;
  /** PEM of the CA that signed the service's certificate. */
  readonly ca: string;
  /** The emulator's own access token for the storage audience. */
  readonly token: () => string;
}

/** The official table client for one account, authorised by token: account keys may be switched off. */
export function tableService({ port, ca, token }: TableAccess, account: string): TableServiceClient {
  const getToken = () => Promise.resolve({ token: token(), expiresOnTimestamp: Date.now() + 3_600_000 });
  const client = new TableServiceClient(
    `https://${account}.${TABLE_SUFFIX}`,
    { getToken },
    { retryOptions: { maxRetries: 0 } },
  );
  const agent = new Agent({ host: '127.0.0.1', port, ca }); // its options win over the URL's; Host and SNI keep the name
  client.pipeline.addPolicy({
    name: 'loopback',
    sendRequest: (request, next) => next(Object.assign(request, { agent })),
  });
  return client;
}

/** Deletes every table of an account. */
export async function emptyTables(service: TableServiceClient): Promise<void> {
  for await (const { name } of service.listTables()) if (name !== undefined) await service.deleteTable(name);
}
