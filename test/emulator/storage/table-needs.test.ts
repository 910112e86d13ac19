import { tableNeedsOf } from '../../../emulator/storage/table-needs';

const account = {
  name: 'state',
  resourceId: '/subscriptions/s/accounts/state',
  keys: ['a', 'b'],
  allowSharedKeyAccess: false,
  allowBlobPublicAccess: false,
} as const;
const TABLES = 'Microsoft.Storage/storageAccounts/tableServices/tables';
const TABLE = `${account.resourceId}/tableServices/default/tables/State`;

const needs = (method: string, url: string, headers: Record<string, string> = {}) =>
  tableNeedsOf({ method, url, headers }, account).map(({ plane, action, resourceId }) => [plane, action, resourceId]);

it.each([
  ['GET', '/State()', 'data', 'entities/read'],
  ['GET', "/State(PartitionKey='h',RowKey='d')", 'data', 'entities/read'],
  ['POST', '/State', 'data', 'entities/write'],
  ['PUT', "/State(PartitionKey='h',RowKey='d')", 'data', 'entities/write'],
  ['MERGE', "/State(PartitionKey='h',RowKey='d')", 'data', 'entities/write'],
  ['DELETE', "/State(PartitionKey='h',RowKey='d')", 'data', 'entities/delete'],
  ['GET', '/State?comp=acl', 'control', 'getAcl/action'],
  ['PUT', '/State?comp=acl', 'control', 'setAcl/action'],
])('needs for %s %s the %s action %s of the table', (method, url, plane, action) => {
  expect(needs(method, url)).toEqual([[plane, `${TABLES}/${action}`, TABLE]]);
});

it('makes and lists tables by the account, deletes one by its own name', () => {
  expect(needs('POST', '/Tables')).toEqual([['control', `${TABLES}/write`, account.resourceId]]);
  expect(needs('GET', '/Tables()')).toEqual([['control', `${TABLES}/read`, account.resourceId]]);
  expect(needs('DELETE', "/Tables('State')")).toContainEqual(['control', `${TABLES}/delete`, TABLE]);
});

it('needs what each of two methods does when a header names another', () => {
  expect(needs('POST', "/State(PartitionKey='h',RowKey='d')", { 'x-http-method': 'DELETE' })).toEqual([
    ['data', `${TABLES}/entities/write`, TABLE],
    ['data', `${TABLES}/entities/delete`, TABLE],
  ]);
});

it('needs for a batch what its parts do, each once', () => {
  const batch = [
    { method: 'POST', path: 'State' },
    { method: 'POST', path: 'State' },
    { method: 'DELETE', path: "State(PartitionKey='h',RowKey='d')" },
  ];

  const asked = tableNeedsOf({ method: 'POST', url: '/$batch', headers: {} }, account, batch);

  expect(asked.map(({ action }) => action)).toEqual([`${TABLES}/entities/write`, `${TABLES}/entities/delete`]);
});
