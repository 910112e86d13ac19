import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { ArmClient } from '../../../emulator/pulumi/arm-client';
import { ArmResponseError, UnfinishedError } from '../../../emulator/pulumi/errors';
import { type Arm, AzureNative } from '../../../emulator/pulumi/provider';
import { type Properties, UNKNOWN } from '../../../emulator/pulumi/values';

const HUB = 'azure-native:iothub:IotHubResource';
const GROUP = 'azure-native:resources:ResourceGroup';
const SEED = Uint8Array.from([7]);
const GROUP_ID = '/subscriptions/s/resourceGroups/g';
const HUB_ID = `${GROUP_ID}/providers/Microsoft.Devices/IotHubs/h`;

/** A Resource Manager that keeps what is put, by id. */
function fakeArm(resources: Record<string, Properties> = {}): Arm {
  return {
    subscriptionId: 's',
    token: () => Promise.reject(new Error('nobody should ask')),
    cancel: () => undefined,
    clientConfig: () => Promise.resolve({}),
    find: (id) => Promise.resolve(resources[id]),
    send: () => Promise.resolve({ keyName: 'own', primaryKey: 'p' }),
    put: (id, _, body) => Promise.resolve((resources[id] = { ...body, id, name: 'h' })),
    delete: (id) => {
      resources[id] = undefined as unknown as Properties;
      return Promise.resolve();
    },
  };
}
const inputs = { resourceGroupName: 'g', resourceName: 'h', location: 'westeurope', sku: { name: 'S1', capacity: 1 } };

describe('check', () => {
  const check = (arm: Arm, location: string | undefined, type: string, news: Properties, olds: Properties = {}) =>
    new AzureNative(arm, location).check(type, 'main', olds, news, SEED);

  it('names what the program does not, and keeps that name from then on', async () => {
    const first = await check(fakeArm(), undefined, GROUP, { location: 'westeurope' });
    const second = await check(fakeArm(), undefined, GROUP, { location: 'westeurope' }, { resourceGroupName: 'kept' });

    expect(first).toEqual({
      inputs: { location: 'westeurope', resourceGroupName: expect.stringMatching(/^main[0-9a-f]{8}$/) as string },
      failures: [],
    });
    expect(second.inputs['resourceGroupName']).toBe('kept');
  });

  it('takes the location from the configuration, else from the resource group', async () => {
    const arm = fakeArm({ [GROUP_ID]: { location: 'northeurope' } });

    expect((await check(arm, 'francecentral', HUB, { resourceGroupName: 'g' })).inputs['location']).toBe(
      'francecentral',
    );
    expect((await check(arm, undefined, HUB, { resourceGroupName: 'g' })).inputs['location']).toBe('northeurope');
    expect((await check(arm, undefined, HUB, { resourceGroupName: UNKNOWN })).inputs['location']).toBe(UNKNOWN);
  });

  it('names every input that is missing', async () => {
    const { failures } = await check(fakeArm(), undefined, HUB, {});

    expect(failures.map(({ property }) => property)).toEqual(['resourceGroupName', 'sku', 'location']);
  });

  it('names an input that the type does not have, and one of another kind, wherever they are', async () => {
    const news = { ...inputs, sku: { name: 'S1', capacity: '1' }, properties: { minTls: '1.2', comments: UNKNOWN } };
    const { failures } = await check(fakeArm(), undefined, HUB, news);

    expect(failures).toEqual([
      { property: 'sku.capacity', reason: "should be of type 'number' but got 'string'" },
      {
        property: 'properties.minTls',
        reason: expect.stringMatching(/^is no property of IotHubProperties, which has .*minTlsVersion/) as string,
      },
    ]);
  });

  it('refuses a type that the table does not hold, and lists those that it does', async () => {
    await expect(check(fakeArm(), undefined, 'azure-native:sql:Server', {})).rejects.toThrow(
      /does not know azure-native:sql:Server; it knows .*azure-native:iothub:IotHubResource/,
    );
  });
});

describe('a resource', () => {
  it('is not created over one that exists', async () => {
    const provider = new AzureNative(fakeArm({ [HUB_ID]: { id: HUB_ID } }), undefined);

    await expect(provider.create(HUB, inputs, false)).rejects.toThrow('cannot create already existing resource');
  });

  it('that came to be in spite of a failure is told with the failure', async () => {
    const arm = fakeArm();
    const put: Arm['put'] = async (...args) => {
      await arm.put(...args);
      throw new UnfinishedError(new Error('the region is full'));
    };
    const provider = new AzureNative({ ...arm, put }, undefined);

    const failure = await provider.create(HUB, inputs, false).catch((cause: unknown) => cause);
    const update = provider.update(HUB, HUB_ID, {}, { ...inputs, tags: { a: 'b' } }, false, inputs);

    expect(failure).toMatchObject({ name: 'PartialStateError', message: 'the region is full', id: HUB_ID, inputs });
    await expect(update).rejects.toMatchObject({ name: 'PartialStateError', inputs });
  });

  it('that was refused is not there, and its failure is all there is', async () => {
    const put: Arm['put'] = () => Promise.reject(new ArmResponseError(400, 'BadRequest', 'no such SKU'));
    const provider = new AzureNative({ ...fakeArm(), put }, undefined);
    const present = new AzureNative({ ...fakeArm({ [HUB_ID]: { id: HUB_ID } }), put }, undefined);

    await expect(provider.create(HUB, inputs, false)).rejects.toMatchObject({ name: 'ArmResponseError' });
    await expect(present.update(HUB, HUB_ID, {}, inputs, false)).rejects.toMatchObject({ name: 'ArmResponseError' });
  });

  it('that Azure cannot delete is put back to its first state, and then counts as gone', async () => {
    const type = 'azure-native:storage:BlobContainerImmutabilityPolicy';
    const resources: Record<string, Properties> = {};
    const provider = new AzureNative(fakeArm(resources), undefined);
    const place = { resourceGroupName: 'g', accountName: 'a', containerName: 'c', immutabilityPolicyName: 'default' };
    const { id } = await provider.create(type, { ...place, immutabilityPeriodSinceCreationInDays: 7 }, false);

    await provider.delete(type, id);

    expect(resources[id]).toMatchObject({ properties: { immutabilityPeriodSinceCreationInDays: 0 } });
    expect((await provider.read(type, id, place)).id).toBe('');
  });

  it('keeps in the preview of an update what it is known to keep', async () => {
    const olds = { name: 'h', properties: { hostName: 'x', comments: '' }, sku: { name: 'S1', capacity: 1 } };
    const news = { ...inputs, sku: { name: 'S1', capacity: 2 }, properties: { comments: 'new' } };

    const { outputs } = await new AzureNative(fakeArm(), undefined).update(HUB, HUB_ID, olds, news, true);

    expect(outputs).toMatchObject({ properties: { hostName: 'x', comments: 'new' }, sku: { capacity: 2 } });
  });

  it('is read, and is no more when it is gone', async () => {
    const provider = new AzureNative(fakeArm(), undefined);
    const { id } = await provider.create(HUB, inputs, false);

    const present = await provider.read(HUB, id, inputs);
    await provider.delete(HUB, id);
    const gone = await provider.read(HUB, id, inputs);

    expect(present).toMatchObject({ id: HUB_ID, inputs, outputs: { name: 'h', sku: { name: 'S1' } } });
    expect(gone.id).toBe('');
  });

  it('that is replaced goes first only when the program gave the name that both would have', () => {
    const provider = new AzureNative(fakeArm(), undefined);
    const moved = { ...inputs, location: 'northeurope' };
    const generated = { resourceName: 'main0123abcd' };

    expect(provider.diff(HUB, 'main', inputs, moved)).toMatchObject({
      replaces: ['location'],
      deleteBeforeReplace: true,
    });
    expect(
      provider.diff(HUB, 'main', { ...inputs, ...generated }, { ...moved, ...generated }).deleteBeforeReplace,
    ).toBe(false);
    expect(provider.diff(HUB, 'main', inputs, { ...inputs, resourceName: 'i' }).deleteBeforeReplace).toBe(false);
  });
});

it('gives keys to the engine as secrets', async () => {
  const args = { resourceGroupName: 'g', resourceName: 'h', keyName: 'own' };
  const keys = await new AzureNative(fakeArm(), undefined).invoke(
    'azure-native:iothub:listIotHubResourceKeysForKeyName',
    args,
  );

  expect(keys).toEqual({
    keyName: 'own',
    primaryKey: { '4dabf18193072939515e22adb298388d': '1b47061264138c4ac30d75fd1eb44270', value: 'p' },
  });
});

describe('without an emulator', () => {
  const environment = { IDENTITY_HEADER: 'h', ARM_SUBSCRIPTION_ID: 's' };

  it('says which variables are missing and how to run', () => {
    expect(() => ArmClient.fromEnvironment(environment)).toThrow(/IDENTITY_ENDPOINT.*iothub-emulator exec/);
  });

  it('says that nothing answers', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((listening) => server.once('listening', listening));
    const { port } = server.address() as AddressInfo;
    await new Promise((closed) => server.close(closed));

    const arm = ArmClient.fromEnvironment({ ...environment, IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token` });

    await expect(arm.clientConfig()).rejects.toThrow(`nothing answers at http://127.0.0.1:${port}`);
  });
});

it('asks again when it is cut off, and when it is told to come later', async () => {
  const answers = [
    (request: IncomingMessage) => request.socket.destroy(),
    (_: IncomingMessage, response: ServerResponse) => response.writeHead(503, { 'retry-after': '0' }).end(),
    (_: IncomingMessage, response: ServerResponse) => response.end('{"access_token":"t","expires_on":"4102444800"}'),
  ];
  const server = createServer((request, response) => void answers.shift()?.(request, response));
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const arm = ArmClient.fromEnvironment({
    IDENTITY_HEADER: 'h',
    ARM_SUBSCRIPTION_ID: 's',
    IDENTITY_ENDPOINT: `http://127.0.0.1:${port}/msi/token`,
  });
  try {
    await expect(arm.token('https://management.azure.com/')).resolves.toMatchObject({ text: 't' });
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
