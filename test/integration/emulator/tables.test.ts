import { randomBytes } from 'node:crypto';

import {
  AzureNamedKeyCredential,
  odata,
  TableClient,
  TableServiceClient,
  type TransactionAction,
} from '@azure/data-tables';
import { DefaultAzureCredential } from '@azure/identity';

import { assignRole, TABLE_DATA_CONTRIBUTOR, TABLE_DATA_READER, unassign } from '../../support/roles';

const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const suffix = randomBytes(6).toString('hex');
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/tables-${suffix}`;
const account = `tab${suffix}`;
const ACCOUNT = `${GROUP}/providers/Microsoft.Storage/storageAccounts/${account}`;
const tablePath = (table: string): string => `${ACCOUNT}/tableServices/default/tables/${table}`;
const ENDPOINT = `https://${account}.table.azure.test`;
const credential = new DefaultAzureCredential();
const FAST = { retryOptions: { maxRetries: 0 } };

async function arm(method: string, path: string, body?: object): Promise<{ status: number; body: unknown }> {
  const { token } = await credential.getToken('https://management.azure.com/.default');
  const response = await fetch(`https://management.azure.test${path}?api-version=2024-01-01`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text) };
}

const putAccount = (properties: object = {}): Promise<unknown> =>
  arm('PUT', ACCOUNT, { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' }, properties });

/** A table made by the Resource Manager, for which the caller has a role. */
async function newTable(role = TABLE_DATA_CONTRIBUTOR): Promise<TableClient> {
  const table = `T${randomBytes(6).toString('hex')}`;
  expect(await arm('PUT', tablePath(table), {})).toMatchObject({ status: 200, body: { name: table } });
  await assignRole(credential, tablePath(table), role);
  return new TableClient(ENDPOINT, table, credential, FAST);
}

const device = (rowKey: string, count = 0) => ({ partitionKey: 'hub', rowKey, count });
/** A refusal as the SDK gives it. */
const coded = (statusCode: number, code: string) => ({ statusCode, details: { odataError: { code } } });
const mismatch = coded(403, 'AuthorizationPermissionMismatch');

beforeAll(async () => {
  await arm('PUT', GROUP, { location: 'westeurope' });
  await putAccount();
});
afterAll(async () => {
  await arm('DELETE', GROUP);
});

it('keeps entities, and lets one of two writers win who read the same', async () => {
  const table = await newTable();
  const { etag } = await table.createEntity(device("pump 'a'"));
  await expect(table.createEntity(device("pump 'a'"))).rejects.toMatchObject(coded(409, 'EntityAlreadyExists'));

  const writes = [1, 2].map((count) => table.updateEntity(device("pump 'a'", count), 'Merge', { etag: etag ?? '' }));

  const outcomes = await Promise.allSettled(writes);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(outcomes).toContainEqual({
    status: 'rejected',
    reason: expect.objectContaining({ statusCode: 412 }) as Error,
  });
  expect((await table.getEntity('hub', "pump 'a'"))['count']).toBe(outcomes[0]?.status === 'fulfilled' ? 1 : 2);
});

it('gives entities by key and in pages', async () => {
  const table = await newTable();
  for (const hub of ['a', 'b']) {
    const entities = Array.from({ length: 30 }, (_, i) => ({ ...device(`d${100 + i}`), partitionKey: hub }));
    await table.submitTransaction(entities.map((entity): TransactionAction => ['create', entity]));
  }

  const filter = odata`PartitionKey eq ${'b'} and RowKey gt ${'d104'}`;
  const pages: string[][] = [];
  for await (const page of table.listEntities({ queryOptions: { filter } }).byPage({ maxPageSize: 10 }))
    pages.push(page.map(({ rowKey }) => rowKey ?? ''));

  expect(pages.map(({ length }) => length)).toEqual([10, 10, 5]);
  expect(pages[0]?.[0]).toBe('d105');
});

it('does a batch whole or not at all, also beside others', async () => {
  const table = await newTable();
  const create = (name: string): TransactionAction[] =>
    Array.from({ length: 60 }, (_, i): TransactionAction => ['create', device(`${name}-${i}`)]);
  const times = <T>(work: (i: number) => Promise<T>): Promise<T>[] => [1, 2, 3, 4].map(work);
  const good = times((i) => table.submitTransaction(create(`good${i}`)));
  const bad = times((i) => table.submitTransaction([...create(`bad${i}`), ['delete', device('none')]]));
  const single = times((i) => table.upsertEntity(device(`single${i}`)));

  const outcomes = await Promise.allSettled([...good, ...bad, ...single]);

  const counts = outcomes.map(({ status }) => status);
  expect(counts.filter((status) => status === 'rejected')).toHaveLength(4);
  expect(counts.slice(4, 8)).not.toContain('fulfilled');
  const keys: string[] = [];
  for await (const { rowKey } of table.listEntities()) keys.push(rowKey ?? '');
  expect(keys).toHaveLength(4 * 60 + 4);
  expect(keys.filter((key) => key.startsWith('bad'))).toEqual([]);
});

it('opens a table to those with a role for it, for as long as they have it', async () => {
  const table = await newTable(TABLE_DATA_READER);
  const entities = table.listEntities();
  expect(await entities.next()).toMatchObject({ done: true });
  await expect(table.createEntity(device('d'))).rejects.toMatchObject(mismatch);
  await expect(table.submitTransaction([['create', device('d')]])).rejects.toMatchObject({ statusCode: 403 });

  const role = await assignRole(credential, tablePath(table.tableName), TABLE_DATA_CONTRIBUTOR);
  await table.submitTransaction([['create', device('d')]]);
  await unassign(credential, role);
  await expect(table.deleteEntity('hub', 'd')).rejects.toMatchObject(mismatch);

  const service = new TableServiceClient(ENDPOINT, credential, FAST);
  await expect(service.listTables().next()).resolves.toBeDefined(); // tables are resources, which the owner may list
  const forged = { getToken: () => Promise.resolve({ token: 'a.b.c', expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const stranger = new TableClient(ENDPOINT, table.tableName, forged, FAST);
  await expect(stranger.getEntity('hub', 'd')).rejects.toMatchObject({ statusCode: 401 });
});

it('opens to the account key unless shared keys are switched off', async () => {
  const table = await newTable();
  const { body } = await arm('POST', `${ACCOUNT}/listKeys`);
  const [key] = (body as { keys: { value: string }[] }).keys;
  const byKey = new TableClient(
    ENDPOINT,
    table.tableName,
    new AzureNamedKeyCredential(account, key?.value ?? ''),
    FAST,
  );
  await byKey.createEntity(device('by-key'));

  await putAccount({ allowSharedKeyAccess: false });

  await expect(byKey.getEntity('hub', 'by-key')).rejects.toMatchObject(
    coded(403, 'KeyBasedAuthenticationNotPermitted'),
  );
  expect(await table.getEntity('hub', 'by-key')).toMatchObject({ rowKey: 'by-key' });
  await putAccount();
});

it('shows the Resource Manager what the data plane made, and the other way round', async () => {
  await assignRole(credential, ACCOUNT, TABLE_DATA_CONTRIBUTOR);
  const made = new TableClient(ENDPOINT, 'MadeOnData', credential, FAST);
  await made.createTable();
  expect(await arm('GET', tablePath('MadeOnData'))).toMatchObject({
    status: 200,
    body: { name: 'MadeOnData', properties: { tableName: 'MadeOnData' } },
  });

  expect(await arm('DELETE', tablePath('MadeOnData'))).toMatchObject({ status: 204 });

  await expect(made.createEntity(device('d'))).rejects.toMatchObject({ statusCode: 404 });
  expect(await arm('GET', tablePath('MadeOnData'))).toMatchObject({ status: 404 });
  expect(await arm('PUT', tablePath('1bad'), {})).toMatchObject({ status: 400 });
});
