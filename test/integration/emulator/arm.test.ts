import { randomBytes, randomUUID } from 'node:crypto';

import { IotHubClient } from '@azure/arm-iothub';
import { DefaultAzureCredential } from '@azure/identity';
import { Registry } from 'azure-iothub';

const ENDPOINT = 'https://management.azure.test';
const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const GROUPS = `/subscriptions/${SUBSCRIPTION}/resourceGroups`;
const unique = (name: string): string => `${name}${randomBytes(4).toString('hex')}`;

const credential = new DefaultAzureCredential();
const client = new IotHubClient(credential, SUBSCRIPTION, { endpoint: ENDPOINT });
const { iotHubResource: hubs } = client;
const POLL = { updateIntervalInMs: 10 };
const S1 = { name: 'S1', capacity: 1 };
const [group, otherGroup] = [unique('arm-'), unique('arm-')];

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: { readonly [key: string]: unknown };
}

async function arm(method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
  const { token } = await credential.getToken('https://management.azure.com/.default');
  const url = path.includes('?') ? `${ENDPOINT}${path}` : `${ENDPOINT}${path}?api-version=2024-03-01`;
  const response = await fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: JSON.parse(text === '' ? '{}' : text) as object as Answer['body'],
  };
}

async function keysOf(hub: string): Promise<Record<string, string | undefined>> {
  const keys: Record<string, string | undefined> = {};
  for await (const { keyName, primaryKey } of hubs.listKeys(group, hub)) keys[keyName] = primaryKey;
  return keys;
}

const createHub = (name: string, body: object = {}, where = group) =>
  hubs.beginCreateOrUpdateAndWait(where, name, { location: 'westeurope', sku: S1, ...body }, POLL);
const policies = (...authorizationPolicies: object[]) => ({ properties: { authorizationPolicies } as object });

beforeAll(async () => {
  for (const name of [group, otherGroup]) await arm('PUT', `${GROUPS}/${name}`, { location: 'westeurope' });
});
afterAll(async () => {
  for (const name of [group, otherGroup]) await arm('DELETE', `${GROUPS}/${name}`);
});

describe('a hub made by the official management client', () => {
  it('is active with the five policies of Azure, shows no keys, and can be listed, tagged and deleted', async () => {
    const name = unique('hub');

    const hub = await createHub(name, { tags: { a: '1' } });
    await hubs.beginUpdateAndWait(group, name, { tags: { b: '2' } }, POLL);
    const read = await hubs.get(group, name);
    const keys = await keysOf(name);
    await hubs.beginDeleteAndWait(group, name, POLL);

    expect(hub.properties).toMatchObject({ state: 'Active', hostName: `${name}.azure-devices.test` });
    expect(read.properties?.authorizationPolicies).toBeUndefined();
    expect(read).toMatchObject({ tags: { b: '2' }, sku: { name: 'S1', tier: 'Standard', capacity: 1 } });
    expect(Object.keys(keys)).toEqual(['iothubowner', 'service', 'device', 'registryRead', 'registryReadWrite']);
    await expect(hubs.get(group, name)).rejects.toMatchObject({ statusCode: 404, code: 'ResourceNotFound' });
  });

  it('keeps keys over an update and takes a new SKU', async () => {
    const name = unique('hub');
    await createHub(name, policies({ keyName: 'own', rights: 'ServiceConnect' }));
    const before = await keysOf(name);

    const changed = await createHub(name, { sku: { name: 'S3', capacity: 2 } });

    expect(changed.sku).toMatchObject({ name: 'S3', capacity: 2 });
    expect(await keysOf(name)).toEqual(before);
    expect((await hubs.getKeysForKeyName(group, name, 'own')).primaryKey).toBe(before['own']);
  });

  it('opens its data plane to a policy with exactly the rights that were declared', async () => {
    const name = unique('hub');
    const hub = await createHub(
      name,
      policies({ keyName: 'reader', rights: 'RegistryRead' }, { keyName: 'caller', rights: 'ServiceConnect' }),
    );
    const keys = await keysOf(name);
    const registry = (policy: string) =>
      Registry.fromConnectionString(
        `HostName=${hub.properties?.hostName};SharedAccessKeyName=${policy};SharedAccessKey=${keys[policy]}`,
      );

    expect((await registry('reader').list()).responseBody).toEqual([]);
    await expect(registry('reader').create({ deviceId: 'd' })).rejects.toMatchObject({ name: 'UnauthorizedError' });
    await expect(registry('caller').list()).rejects.toMatchObject({ name: 'UnauthorizedError' });
  });

  it('counts its devices, and lists its consumer groups and jobs', async () => {
    const name = unique('hub');
    const hub = await createHub(name);
    const { primaryKey } = await hubs.getKeysForKeyName(group, name, 'iothubowner');
    const policy = `SharedAccessKeyName=iothubowner;SharedAccessKey=${primaryKey}`;
    const registry = Registry.fromConnectionString(`HostName=${hub.properties?.hostName};${policy}`);
    await registry.create({ deviceId: 'on' });
    await registry.create({ deviceId: 'off', status: 'disabled' });
    await hubs.createEventHubConsumerGroup(group, name, 'events', 'own', { properties: { name: 'own' } });

    const groups: (string | undefined)[] = [];
    for await (const each of hubs.listEventHubConsumerGroups(group, name, 'events')) groups.push(each.name);

    expect(await hubs.getStats(group, name)).toEqual({
      totalDeviceCount: 2,
      enabledDeviceCount: 1,
      disabledDeviceCount: 1,
    });
    expect(groups).toEqual(['$Default', 'own']);
    expect(await hubs.listJobs(group, name).next()).toMatchObject({ done: true });
  });

  it('has a name that is taken in every resource group', async () => {
    const name = unique('hub');
    const free = await hubs.checkNameAvailability({ name });
    await createHub(name);

    expect(free.nameAvailable).toBe(true);
    expect(await hubs.checkNameAvailability({ name })).toMatchObject({ nameAvailable: false, reason: 'AlreadyExists' });
    await expect(createHub(name, {}, otherGroup)).rejects.toMatchObject({ statusCode: 409 });
    await expect(hubs.getKeysForKeyName(otherGroup, name, 'service')).rejects.toMatchObject({ statusCode: 404 });
  });

  it.each([
    ['an unknown SKU', { sku: { name: 'X1', capacity: 1 } }, 400, 'sku.name'],
    ['more units than there are', { sku: { name: 'S3', capacity: 11 } }, 400, 'at most 10'],
    [
      'a policy twice',
      policies({ keyName: 'a', rights: 'DeviceConnect' }, { keyName: 'A', rights: 'DeviceConnect' }),
      400,
      'twice',
    ],
  ])('is refused with %s', async (_, body, statusCode, text) => {
    await expect(createHub(unique('hub'), body)).rejects.toMatchObject({
      statusCode,
      message: expect.stringContaining(text) as string,
    });
  });

  it('is refused in a group that is not there, in another region, and against another version', async () => {
    const name = unique('hub');
    const { etag } = await createHub(name);
    const description = { location: 'westeurope', sku: S1 };

    await expect(createHub(unique('hub'), {}, 'nowhere')).rejects.toMatchObject({ code: 'ResourceGroupNotFound' });
    await expect(createHub(name, { location: 'northeurope' })).rejects.toMatchObject({ statusCode: 409 });
    await expect(
      hubs.beginCreateOrUpdateAndWait(group, name, description, { ...POLL, ifMatch: '"other"' }),
    ).rejects.toMatchObject({ statusCode: 412 });
    await hubs.beginCreateOrUpdateAndWait(group, name, description, { ...POLL, ifMatch: `"${etag}"` });
  });
});

describe('the Resource Manager', () => {
  it.each([
    ['no token', {}, 'AuthenticationFailed'],
    ['another scheme', { authorization: 'Basic eDp5' }, 'AuthenticationFailed'],
    [
      'a token that it did not sign',
      { authorization: 'Bearer eyJhbGciOiJub25lIn0.e30.' },
      'InvalidAuthenticationToken',
    ],
  ])('answers 401 to %s', async (_, headers, code) => {
    const response = await fetch(`${ENDPOINT}${GROUPS}?api-version=2024-03-01`, { headers });

    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: { code } });
  });

  it('answers 401 to a token for another service', async () => {
    const { token } = await credential.getToken('https://storage.azure.com/.default');

    const answer = await arm('GET', GROUPS, undefined, { authorization: `Bearer ${token}` });

    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'InvalidAuthenticationTokenAudience' } } });
  });

  it.each([
    ['GET', `${GROUPS}?x=1`, 400, 'MissingApiVersionParameter'],
    ['GET', `${GROUPS}?api-version=latest`, 400, 'InvalidApiVersionParameter'],
    ['GET', '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups', 404, 'SubscriptionNotFound'],
    ['GET', '/somewhere', 404, 'InvalidResourcePath'],
    ['DELETE', GROUPS, 405, 'MethodNotAllowed'],
    ['POST', `${GROUPS}/${group}/providers/Microsoft.Devices/failover`, 501, 'NotImplemented'],
  ])('answers %s %s with %d %s', async (method, path, status, code) => {
    expect(await arm(method, path)).toMatchObject({ status, body: { error: { code } } });
  });

  it('records what it has no behaviour for, says so, and lists it', async () => {
    const path = `${GROUPS}/${group}/providers/Microsoft.Web/sites/${unique('site')}`;

    const put = await arm('PUT', path, { location: 'West Europe', kind: 'app', properties: { httpsOnly: true } });
    const listed = await arm('GET', `${GROUPS}/${group}/resources`);

    expect(put).toMatchObject({ status: 201, body: { kind: 'app', properties: { httpsOnly: true } } });
    expect(put.headers.get('x-iothub-emulator')).toBe('recorded');
    expect((listed.body['value'] as { id: string }[]).map(({ id }) => id)).toContain(path);
    expect(await arm('PUT', `${path}/slots/s`, {})).toMatchObject({ status: 201 });
    expect(await arm('PUT', `${path}x/slots/s`, {})).toMatchObject({
      body: { error: { code: 'ParentResourceNotFound' } },
    });
  });

  it('deletes with a group all hubs that are in it', async () => {
    const [doomed, name] = [unique('arm-'), unique('hub')];
    await arm('PUT', `${GROUPS}/${doomed}`, { location: 'westeurope' });
    await createHub(name, {}, doomed);

    const deleted = await arm('DELETE', `${GROUPS}/${doomed}`);
    await operationEnd(deleted.headers.get('location') ?? '');

    expect(deleted.status).toBe(202);
    expect(await arm('GET', `${GROUPS}/${doomed}`)).toMatchObject({ status: 404 });
    expect(await hubs.checkNameAvailability({ name })).toMatchObject({ nameAvailable: true });
  });

  it('assigns a role to a principal once per scope', async () => {
    const roles = `${GROUPS}/${group}/providers/Microsoft.Authorization/roleAssignments`;
    const body = (principalId: string) => ({
      properties: {
        principalId,
        roleDefinitionId: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe`,
      },
    });
    const [first, second] = ['11111111-1111-4111-a111-111111111111', '22222222-2222-4222-a222-222222222222'];

    expect(await arm('PUT', `${roles}/${first}`, body(first))).toMatchObject({ status: 201 });
    expect(await arm('PUT', `${roles}/${second}`, body(first))).toMatchObject({ status: 409 });
    expect(await arm('PUT', `${roles}/${first}`, body(second))).toMatchObject({ status: 400 });
    expect(await arm('PUT', `${roles}/name`, body(second))).toMatchObject({ status: 400 });
  });

  it('refuses to take its own identity for a person', async () => {
    const { token } = await credential.getToken('https://management.azure.com/.default');
    const { oid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { oid: string };
    const roleDefinitionId = '/providers/Microsoft.Authorization/roleDefinitions/ba92f5b4-2d11-453d-a403-e96b0029c9fe';
    const path = `${GROUPS}/${group}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`;

    const refused = await arm('PUT', path, {
      properties: { principalId: oid, roleDefinitionId, principalType: 'User' },
    });

    expect(refused).toMatchObject({ status: 400, body: { error: { code: 'UnmatchedPrincipalType' } } });
  });
});

async function operationEnd(url: string): Promise<void> {
  for (;;) {
    const { body } = await arm('GET', url.slice(ENDPOINT.length));
    if (body['status'] === 'Succeeded') return;
    expect(body['status']).toBe('InProgress');
  }
}
