import { randomBytes } from 'node:crypto';

import { IotHubClient, type IotHubDescription } from '@azure/arm-iothub';
import { DefaultAzureCredential } from '@azure/identity';
import { Client } from 'azure-iot-device';
import { Http } from 'azure-iot-device-http';
import { Registry } from 'azure-iothub';

import { eventually } from '../../support/eventually';
import { assignRole, BLOB_DATA_CONTRIBUTOR, unassign } from '../../support/roles';

const ENDPOINT = 'https://management.azure.test';
const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const group = `identity-${randomBytes(4).toString('hex')}`;
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}`;
const credential = new DefaultAzureCredential();
const { iotHubResource: hubs } = new IotHubClient(credential, SUBSCRIPTION, { endpoint: ENDPOINT });
const account = `acc${randomBytes(6).toString('hex')}`;
const ACCOUNT = `${GROUP}/providers/Microsoft.Storage/storageAccounts/${account}`;
const CONTAINER = `${ACCOUNT}/blobServices/default/containers/devices`;
const USER = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mover`;
const target = {
  exportBlobContainerUri: `https://${account}.blob.azure.test/devices`,
  excludeKeys: false,
  authenticationType: 'identityBased',
} as const;
const name = `hub-${randomBytes(4).toString('hex')}`;

async function arm<T>(method: string, path: string, body?: object, query = ''): Promise<T> {
  const { token } = await credential.getToken(`${ENDPOINT}/.default`);
  const response = await fetch(`${ENDPOINT}${path}?api-version=2024-01-01${query}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return JSON.parse((await response.text()) || '{}') as T;
}

const put = (properties: IotHubDescription['properties'] = {}): Promise<IotHubDescription> => {
  const identity = { type: 'SystemAssigned, UserAssigned' as const, userAssignedIdentities: { [USER]: {} } };
  const sku = { name: 'S1', capacity: 1 };
  const description = { location: 'westeurope', sku, identity, properties };
  return hubs.beginCreateOrUpdateAndWait(group, name, description, { updateIntervalInMs: 10 });
};

beforeAll(async () => {
  await arm('PUT', GROUP, { location: 'westeurope' });
  await arm('PUT', USER, { location: 'westeurope' });
  await arm('PUT', ACCOUNT, { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
  await arm('PUT', CONTAINER, {});
});
afterAll(() => arm('DELETE', GROUP));

it('exports with the hub’s own identity or one that it is given, and only with a role for it', async () => {
  const { identity } = await put();
  const user = await arm<{ properties: { principalId: string } }>('GET', USER);
  const asUser = { ...target, identity: { userAssignedIdentity: USER } };
  const refused = { statusCode: 400, code: '400008' };
  await expect(hubs.exportDevices(group, name, target)).rejects.toMatchObject(refused);

  await assignRole(credential, CONTAINER, BLOB_DATA_CONTRIBUTOR, identity?.principalId);
  const { jobId = '', type } = await hubs.exportDevices(group, name, target);
  expect(type).toBe('export');
  await eventually(async () => expect(await hubs.getJob(group, name, jobId)).toMatchObject({ status: 'completed' }));

  await expect(hubs.exportDevices(group, name, asUser)).rejects.toMatchObject(refused);
  await assignRole(credential, CONTAINER, BLOB_DATA_CONTRIBUTOR, user.properties.principalId);
  await hubs.exportDevices(group, name, asUser);
  const jobs: unknown[] = [];
  for await (const job of hubs.listJobs(group, name)) jobs.push(job);
  expect(jobs).toHaveLength(2);
});

it('lets devices upload by the hub’s identity, for as long as that has a role for the account', async () => {
  const place = { containerName: 'uploads', authenticationType: 'identityBased' } as const;
  await arm('PUT', `${ACCOUNT}/blobServices/default/containers/uploads`, {});
  const connectionString = `BlobEndpoint=https://${account}.blob.azure.test/`;
  const { identity } = await put({ storageEndpoints: { $default: { ...place, connectionString } } });
  const { primaryKey } = await hubs.getKeysForKeyName(group, name, 'iothubowner');
  const hostName = `${name}.azure-devices.test`;
  const owner = `HostName=${hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=${primaryKey}`;
  const { responseBody } = await Registry.fromConnectionString(owner).create({ deviceId: 'd' });
  const key = responseBody.authentication?.symmetricKey?.primaryKey;
  const device = Client.fromConnectionString(`HostName=${hostName};DeviceId=d;SharedAccessKey=${key}`, Http);
  await expect(device.getBlobSharedAccessSignature('log')).rejects.toThrow();

  const role = await assignRole(credential, ACCOUNT, BLOB_DATA_CONTRIBUTOR, identity?.principalId);
  const { hostName: host, containerName, blobName, sasToken } = await device.getBlobSharedAccessSignature('log');
  const upload = async (): Promise<number> => {
    const headers = { 'x-ms-blob-type': 'BlockBlob', 'x-ms-version': '2023-11-03' };
    const url = `https://${host}/${containerName}/${blobName}${sasToken}`;
    return (await fetch(url, { method: 'PUT', headers, body: 'x' })).status;
  };
  expect(await upload()).toBe(201);

  await unassign(credential, role);
  expect(await upload()).toBe(403);
  await device.close();
});

it('refuses to go by an identity that the hub has not', async () => {
  await put();
  const identity = { userAssignedIdentity: `${USER}-of-others` };

  await expect(hubs.exportDevices(group, name, { ...target, identity })).rejects.toMatchObject({ code: '400008' });
  await expect(hubs.getJob(group, name, 'nobody')).rejects.toMatchObject({ statusCode: 404 });
});

it('tells which routes would take a message, and where a condition is wrong', async () => {
  const route = { name: 'hot', source: 'DeviceMessages', endpointNames: ['events'], isEnabled: true };
  const hot = { ...route, condition: '$body.heat > 40 AND site = "b"' };
  await put({ routing: { routes: [hot, { ...route, name: 'cold', condition: '$body.heat < 0' }] } });
  const message = {
    body: '{"heat":41}',
    appProperties: { site: 'b' },
    systemProperties: { contentType: 'application/json', contentEncoding: 'utf-8' },
  };
  const test = (condition: string) => hubs.testRoute(name, group, { message, route: { ...route, condition } });

  const all = await hubs.testAllRoutes(name, group, { routingSource: 'DeviceMessages', message });
  expect(all.routes?.map(({ properties }) => properties?.name)).toEqual(['hot']);
  expect(await test('$body.heat > 40')).toMatchObject({ result: 'true' });
  expect(await test('$body.heat < 40')).toMatchObject({ result: 'false' });
  expect(await test('$body.heat >')).toMatchObject({
    result: 'undefined',
    details: { compilationErrors: [{ severity: 'error', location: { start: { line: 1 } } }] },
  });
});

it('changes a storage account by parts, and lists resources by type and name', async () => {
  await put();
  const changed = await arm('PATCH', ACCOUNT, { tags: { a: 'b' }, properties: { allowSharedKeyAccess: false } });
  const filter = `&$filter=${encodeURIComponent(`resourceType eq 'Microsoft.Storage/storageAccounts' and name eq '${account}'`)}`;
  const { value } = await arm<{ value: object[] }>('GET', `${GROUP}/resources`, undefined, filter);

  expect(changed).toMatchObject({
    tags: { a: 'b' },
    sku: { name: 'Standard_LRS' },
    properties: { allowSharedKeyAccess: false, minimumTlsVersion: 'TLS1_2' },
  });
  expect(value).toMatchObject([{ name: account }]);
});
