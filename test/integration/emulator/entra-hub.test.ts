import { randomBytes, randomUUID } from 'node:crypto';

import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { IotHubClient } from '@azure/arm-iothub';
import { DefaultAzureCredential, ManagedIdentityCredential } from '@azure/identity';
import { Registry } from 'azure-iothub';

import { createHub, type TestHub } from '../../support/hub';

const ENDPOINT = 'https://management.azure.test';
const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/test-hubs`;
const credential = new DefaultAzureCredential();
const { roleAssignments, roleDefinitions } = new AuthorizationManagementClient(credential, SUBSCRIPTION, {
  endpoint: ENDPOINT,
});
let hub: TestHub;
let scope: string;

beforeAll(async () => {
  hub = await createHub();
  scope = `${GROUP}/providers/Microsoft.Devices/IotHubs/${hub.name}`;
  await Registry.fromConnectionString(hub.connectionString).create({ deviceId: 'd' });
});

interface Identity {
  readonly principalId: string;
  readonly clientId: string;
  readonly credential: ManagedIdentityCredential;
  readonly registry: Registry;
}

/** A user-assigned identity of one's own, with the clients that act as it. */
async function createIdentity(): Promise<Identity> {
  const path = `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-${randomBytes(4).toString('hex')}`;
  const { token } = await credential.getToken(`${ENDPOINT}/.default`);
  const response = await fetch(`${ENDPOINT}${path}?api-version=2023-01-31`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ location: 'westeurope' }),
  });
  const { properties } = (await response.json()) as { properties: { principalId: string; clientId: string } };
  const own = new ManagedIdentityCredential({ clientId: properties.clientId });
  return { ...properties, credential: own, registry: Registry.fromTokenCredential(hub.hostName, own) };
}

async function roleId(roleName: string): Promise<string> {
  for await (const { id } of roleDefinitions.list('', { filter: `roleName eq '${roleName}'` })) return id ?? '';
  throw new Error(`no role ${roleName}`);
}

const assign = (principalId: string, roleDefinitionId: string, at = scope) =>
  roleAssignments.create(at, randomUUID(), { principalId, roleDefinitionId, principalType: 'ServicePrincipal' });

it('lets the owner of the subscription read no device: data needs a role of its own', async () => {
  const registry = Registry.fromTokenCredential(hub.hostName, credential);

  await expect(registry.get('d')).rejects.toMatchObject({ name: 'UnauthorizedError' });
  await expect(registry.get('d')).rejects.toHaveProperty(
    'responseBody',
    expect.stringMatching(/ErrorCode:IotHubUnauthorized;Principal .* is not authorized for GET on \/devices\/d due/),
  );
});

it('lets an identity do what its roles say, at once, and no more once they are gone', async () => {
  const { principalId, registry } = await createIdentity();
  const unauthorized = { name: 'UnauthorizedError' };
  await expect(registry.get('d')).rejects.toMatchObject(unauthorized);

  const { id } = await assign(principalId, await roleId('IoT Hub Data Reader'), GROUP);
  expect((await registry.get('d')).responseBody.deviceId).toBe('d');
  expect((await registry.getTwin('d')).responseBody.deviceId).toBe('d');
  await expect(registry.updateTwin('d', { tags: { a: 1 } }, '*')).rejects.toMatchObject(unauthorized);

  await assign(principalId, await roleId('IoT Hub Twin Contributor'));
  expect((await registry.updateTwin('d', { tags: { a: 1 } }, '*')).responseBody.tags).toEqual({ a: 1 });
  await expect(registry.create({ deviceId: 'e' })).rejects.toMatchObject(unauthorized);

  await roleAssignments.deleteById(id ?? '');
  await expect(registry.get('d')).rejects.toMatchObject(unauthorized);
});

it('holds roles that hold for another hub only', async () => {
  const { principalId, registry } = await createIdentity();
  const other = await createHub();

  await assign(
    principalId,
    await roleId('IoT Hub Data Contributor'),
    `${GROUP}/providers/Microsoft.Devices/IotHubs/${other.name}`,
  );

  await expect(registry.get('d')).rejects.toMatchObject({ name: 'UnauthorizedError' });
});

it('takes custom roles, with what they take back', async () => {
  const { principalId, registry } = await createIdentity();
  const name = randomUUID();
  const custom = await roleDefinitions.createOrUpdate(GROUP, name, {
    roleName: `role ${name}`,
    assignableScopes: [GROUP],
    permissions: [
      {
        dataActions: ['Microsoft.Devices/IotHubs/devices/*'],
        notDataActions: ['Microsoft.Devices/IotHubs/devices/delete'],
      },
    ],
  });
  await assign(principalId, custom.id ?? '');

  await registry.create({ deviceId: 'custom' });
  await expect(registry.delete('custom')).rejects.toMatchObject({ name: 'UnauthorizedError' });
  await expect(registry.removeDevices([{ deviceId: 'custom' }], true)).rejects.toMatchObject({
    name: 'UnauthorizedError',
  });
  await expect(roleDefinitions.delete(GROUP, name)).rejects.toMatchObject({ statusCode: 400 });
});

it('refuses an identity on the Resource Manager until it has a role there', async () => {
  const { principalId, credential: own } = await createIdentity();
  const { iotHubResource } = new IotHubClient(own, SUBSCRIPTION, { endpoint: ENDPOINT });
  await expect(iotHubResource.get('test-hubs', hub.name)).rejects.toMatchObject({
    statusCode: 403,
    code: 'AuthorizationFailed',
  });

  await assign(principalId, await roleId('Reader'));

  expect((await iotHubResource.get('test-hubs', hub.name)).name).toBe(hub.name);
  await expect(iotHubResource.getKeysForKeyName('test-hubs', hub.name, 'service')).rejects.toMatchObject({
    statusCode: 403,
  });
});

it('closes the hub to policies and devices’ keys when they are switched off, not to Entra ID', async () => {
  const closed = await createHub();
  const { iotHubResource } = new IotHubClient(credential, SUBSCRIPTION, { endpoint: ENDPOINT });
  const description = { location: 'westeurope', sku: { name: 'S1', capacity: 1 } };
  const properties = { disableLocalAuth: true };
  const { principalId, credential: own } = await createIdentity();
  await assign(principalId, await roleId('IoT Hub Data Reader'), GROUP);

  await iotHubResource.beginCreateOrUpdateAndWait(
    'test-hubs',
    closed.name,
    { ...description, properties },
    {
      updateIntervalInMs: 20,
    },
  );

  await expect(Registry.fromConnectionString(closed.connectionString).list()).rejects.toMatchObject({
    name: 'UnauthorizedError',
  });
  expect((await Registry.fromTokenCredential(closed.hostName, own).list()).responseBody).toEqual([]);
});

it('refuses tokens for another service, and identities that are not there', async () => {
  const { token } = await credential.getToken('https://management.azure.com/.default');

  const response = await fetch(`https://${hub.hostName}/devices?api-version=2021-04-12`, {
    headers: { authorization: `Bearer ${token}` },
  });

  expect(response.status).toBe(401);
  expect(response.headers.get('iothub-errorcode')).toBe('IotHubUnauthorizedAccess');
  const nobody = new ManagedIdentityCredential({ clientId: randomUUID() });
  await expect(nobody.getToken('https://iothubs.azure.net/.default')).rejects.toThrow(/identity/i);
});

it('lists the assignments of one principal', async () => {
  const { principalId } = await createIdentity();
  const made = await assign(principalId, await roleId('IoT Hub Data Reader'));

  const ids: (string | undefined)[] = [];
  for await (const { id } of roleAssignments.listForScope(scope, { filter: `principalId eq '${principalId}'` }))
    ids.push(id);

  expect(ids).toEqual([made.id]);
});
