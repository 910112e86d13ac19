import { randomBytes } from 'node:crypto';

import { IotHubClient, type IotHubDescription, type JobResponse } from '@azure/arm-iothub';
import { DefaultAzureCredential } from '@azure/identity';
import { Client, Message } from 'azure-iot-device';
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
const QUICK = { updateIntervalInMs: 10 };
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
  return hubs.beginCreateOrUpdateAndWait(group, name, description, QUICK);
};

async function registryOf(hub: string): Promise<Registry> {
  const { primaryKey } = await hubs.getKeysForKeyName(group, hub, 'iothubowner');
  const owner = `SharedAccessKeyName=iothubowner;SharedAccessKey=${primaryKey}`;
  return Registry.fromConnectionString(`HostName=${hub}.azure-devices.test;${owner}`);
}

/** Waits for a job of the hub to complete. */
const completed = ({ jobId = '' }: JobResponse): Promise<void> =>
  eventually(async () => expect(await hubs.getJob(group, name, jobId)).toMatchObject({ status: 'completed' }));

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

  const ownRole = await assignRole(credential, CONTAINER, BLOB_DATA_CONTRIBUTOR, identity?.principalId);
  const job = await hubs.exportDevices(group, name, target);
  expect(job).toMatchObject({ type: 'export' });
  await completed(job);

  await expect(hubs.exportDevices(group, name, asUser)).rejects.toMatchObject(refused);
  const usersRole = await assignRole(credential, CONTAINER, BLOB_DATA_CONTRIBUTOR, user.properties.principalId);
  await hubs.exportDevices(group, name, asUser);
  const jobs: unknown[] = [];
  for await (const job of hubs.listJobs(group, name)) jobs.push(job);
  expect(jobs).toHaveLength(2);
  await Promise.all([ownRole, usersRole].map((role) => unassign(credential, role)));
});

it('lets devices upload by the hub’s identity, for as long as that has a role for the account', async () => {
  const place = { containerName: 'uploads', authenticationType: 'identityBased' } as const;
  await arm('PUT', `${ACCOUNT}/blobServices/default/containers/uploads`, {});
  const connectionString = `BlobEndpoint=https://${account}.blob.azure.test/`;
  const { identity } = await put({ storageEndpoints: { $default: { ...place, connectionString } } });
  const { responseBody } = await (await registryOf(name)).create({ deviceId: 'd' });
  const key = responseBody.authentication?.symmetricKey?.primaryKey;
  const own = `HostName=${name}.azure-devices.test;DeviceId=d;SharedAccessKey=${key}`;
  const device = Client.fromConnectionString(own, Http);
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

it('brings devices and configurations back by its own identity, configurations only when asked', async () => {
  const { identity: own } = await put();
  const role = await assignRole(credential, CONTAINER, BLOB_DATA_CONTRIBUTOR, own?.principalId);
  const registry = await registryOf(name);
  await registry.create({ deviceId: 'travels' });
  const content = { deviceContent: { 'properties.desired.mode': 'calm' } };
  const rule = { id: 'calm', schemaVersion: '1.0', targetCondition: "tags.site = 'b'", priority: 5, content };
  await registry.addConfiguration(rule);
  const configurations = { includeConfigurations: true, configurationsBlobName: 'rules.txt' };
  await completed(await hubs.exportDevices(group, name, { ...target, ...configurations, exportBlobName: 'all.txt' }));
  await registry.delete('travels');
  await registry.removeConfiguration('calm');
  const uri = target.exportBlobContainerUri;
  const from = { inputBlobContainerUri: uri, outputBlobContainerUri: uri, inputBlobName: 'all.txt' };
  const byIdentity = { ...from, authenticationType: 'identityBased' } as const;

  await completed(await hubs.importDevices(group, name, byIdentity));
  expect((await registry.get('travels')).responseBody.deviceId).toBe('travels');
  await expect(registry.getConfiguration('calm')).rejects.toMatchObject({ response: { statusCode: 404 } });
  await completed(await hubs.importDevices(group, name, { ...byIdentity, ...configurations }));
  expect((await registry.getConfiguration('calm')).responseBody).toMatchObject({
    targetCondition: "tags.site = 'b'",
    priority: 5,
    content,
  });

  const identity = { userAssignedIdentity: `${USER}-of-others` };
  await expect(hubs.importDevices(group, name, { ...byIdentity, identity })).rejects.toMatchObject({ code: '400008' });
  await unassign(credential, role);
  await expect(hubs.importDevices(group, name, byIdentity)).rejects.toMatchObject({ code: '400008' });
});

it('keeps its own identity over updates, and gets another after it was taken away', async () => {
  const declare = async (identity: IotHubDescription['identity']): Promise<string | undefined> => {
    const description = { location: 'westeurope', sku: { name: 'S1', capacity: 1 }, identity };
    const { identity: given } = await hubs.beginCreateOrUpdateAndWait(group, `${name}-own`, description, QUICK);
    return given?.principalId;
  };

  const first = await declare({ type: 'SystemAssigned' });
  expect(first).toMatch(/^[0-9a-f-]{36}$/);
  expect((await hubs.get(group, `${name}-own`)).identity).toEqual({
    type: 'SystemAssigned',
    principalId: first,
    tenantId: process.env['ARM_TENANT_ID'],
  });
  expect(await declare({ type: 'SystemAssigned, UserAssigned', userAssignedIdentities: { [USER]: {} } })).toBe(first);
  expect(await declare({ type: 'None' })).toBeUndefined();
  await expect(hubs.exportDevices(group, `${name}-own`, target)).rejects.toMatchObject({ code: '400008' });
  expect(await declare({ type: 'SystemAssigned' })).not.toBe(first);
});

it('counts messages of the day and devices against what the tier allows', async () => {
  await put();
  const registry = await registryOf(name);
  const metrics = async (): Promise<Record<string, unknown>> => {
    const all: Record<string, unknown> = {};
    for await (const { name: metric = '', currentValue, maxValue } of hubs.listQuotaMetrics(group, name)) {
      all[metric] = { currentValue, maxValue };
    }
    return all;
  };
  const { TotalMessages: messages, TotalDeviceCount: devices } = await metrics();
  const { responseBody } = await registry.create({ deviceId: 'counted' });
  const key = responseBody.authentication?.symmetricKey?.primaryKey;
  const own = `HostName=${name}.azure-devices.test;DeviceId=counted;SharedAccessKey=${key}`;
  const device = Client.fromConnectionString(own, Http);
  await device.sendEvent(new Message('x'));
  await device.close();

  const more = (metric: unknown): number => (metric as { currentValue: number }).currentValue + 1;
  expect(await metrics()).toEqual({
    TotalMessages: { currentValue: more(messages), maxValue: 400_000 },
    TotalDeviceCount: { currentValue: more(devices), maxValue: 1_000_000 },
  });
});

it('fails over to its second region and back, devices and keys with it, and to no other', async () => {
  const { properties } = await put();
  const [primary, secondary] = properties?.locations ?? [];
  const { iotHub } = new IotHubClient(credential, SUBSCRIPTION, { endpoint: ENDPOINT });
  const failOver = (region = ''): Promise<unknown> =>
    iotHub.beginManualFailoverAndWait(name, group, { failoverRegion: region }, QUICK);
  const locations = async (): Promise<unknown> => (await hubs.get(group, name)).properties?.locations;
  const registry = await registryOf(name);
  await registry.create({ deviceId: 'stays' });

  await failOver(secondary?.location);
  const swapped = [
    { ...primary, role: 'secondary' },
    { ...secondary, role: 'primary' },
  ];
  expect(await locations()).toEqual(swapped);
  expect((await registry.get('stays')).responseBody.deviceId).toBe('stays');
  expect((await put()).properties?.locations).toEqual(swapped);
  for (const region of ['mars', secondary?.location]) {
    await expect(failOver(region)).rejects.toMatchObject({ statusCode: 400 });
  }
  await failOver(primary?.location);
  expect(await locations()).toEqual([primary, secondary]);
});
