import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { Registry } from 'azure-iothub';
import { createDps, randomKey, type TestDps } from '../../support/dps';
import { createHub, type TestHub } from '../../support/hub';

let east: TestHub;
let west: TestHub;
let dps: TestDps;
let service: ProvisioningServiceClient;
let registries: { readonly east: Registry; readonly west: Registry };

beforeAll(async () => {
  [east, west] = await Promise.all([createHub(), createHub()]);
  dps = await createDps([east, west]);
  service = ProvisioningServiceClient.fromConnectionString(dps.connectionString);
  registries = {
    east: Registry.fromConnectionString(east.connectionString),
    west: Registry.fromConnectionString(west.connectionString),
  };
});

const initialTwin = { tags: { floor: 1 }, properties: { desired: { mode: 'calm' } } };

/** Enrolls a device to one hub. @returns its key */
async function enroll(registrationId: string, hub: TestHub, more: object = {}): Promise<string> {
  const key = randomKey();
  await service.createOrUpdateIndividualEnrollment({
    registrationId,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: key, secondaryKey: randomKey() } },
    initialTwin,
    iotHubs: [hub.hostName],
    ...more,
  } as never);
  return key;
}

/** What an operator does to move a device: the record as it was read, with another hub in it. */
async function pointTo(registrationId: string, hub: TestHub): Promise<void> {
  const { responseBody } = await service.getIndividualEnrollment(registrationId);
  await service.createOrUpdateIndividualEnrollment({ ...responseBody, iotHubs: [hub.hostName] });
}

async function twinOf(where: 'east' | 'west', deviceId: string): Promise<object> {
  const { tags, properties } = (await registries[where].getTwin(deviceId)).responseBody;
  const { desired } = properties;
  const { $metadata, $version, ...values } = desired as Record<string, unknown>;
  expect([$metadata, $version]).toEqual([expect.anything(), expect.any(Number)]);
  return { tags, desired: values };
}
const isIn = async (where: 'east' | 'west', deviceId: string): Promise<boolean> =>
  registries[where].get(deviceId).then(
    () => true,
    () => false,
  );

it.each([
  ['takes its data along', { updateHubAssignment: true, migrateDeviceData: true }, 'deviceDataMigrated'],
  ['starts anew', { updateHubAssignment: true, migrateDeviceData: false }, 'deviceDataReset'],
])('moves a device to another hub, where it %s', async (_how, reprovisionPolicy, substatus) => {
  const key = await enroll(substatus, east, { reprovisionPolicy });
  const first = await dps.register(substatus, key);
  await registries.east.updateTwin(substatus, { tags: { owner: 'ada' } }, '*');
  await pointTo(substatus, west);

  const second = await dps.register(substatus, key);

  expect(first.registrationState).toMatchObject({ assignedHub: east.hostName, substatus: 'initialAssignment' });
  expect(second.registrationState).toMatchObject({ assignedHub: west.hostName, substatus });
  expect(await isIn('east', substatus)).toBe(false);
  const owner = reprovisionPolicy.migrateDeviceData ? { owner: 'ada' } : {};
  expect(await twinOf('west', substatus)).toEqual({ tags: { floor: 1, ...owner }, desired: { mode: 'calm' } });
});

it('leaves a device where it is when its policy is never to reprovision', async () => {
  const reprovisionPolicy = { updateHubAssignment: false, migrateDeviceData: true };
  const key = await enroll('stays', east, { reprovisionPolicy });
  await dps.register('stays', key);
  await pointTo('stays', west);

  const second = await dps.register('stays', key);

  expect(second.registrationState).toMatchObject({ assignedHub: east.hostName });
  expect(await isIn('west', 'stays')).toBe(false);
});

it('tells the device why its hub would not take it', async () => {
  const broken = { ...west, connectionString: await west.policy('service') };
  const own = await createDps([broken]);
  const client = ProvisioningServiceClient.fromConnectionString(own.connectionString);
  const key = randomKey();
  const symmetricKey = { primaryKey: key, secondaryKey: key };
  await client.createOrUpdateIndividualEnrollment({
    registrationId: 'unlucky',
    attestation: { type: 'symmetricKey', symmetricKey },
  } as never);

  const { status, registrationState } = await own.register('unlucky', key);

  expect(status).toBe('failed');
  expect(registrationState).toMatchObject({
    errorCode: 401002,
    errorMessage: expect.stringContaining('ErrorCode:IotHubUnauthorizedAccess;Unauthorized') as string,
  });
});

describe('with a webhook', () => {
  let server: Server;
  let url: string;
  let answer: { status: number; body: unknown };
  const asked: Record<string, unknown>[] = [];

  beforeAll(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        asked.push(JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/allocate`;
  });
  afterAll(() => new Promise((closed) => server.close(closed)));

  const custom = () => ({
    allocationPolicy: 'custom',
    iotHubs: [east.hostName, west.hostName],
    customAllocationDefinition: { webhookUrl: `${url}?code=secret`, apiVersion: '2021-10-01' },
  });

  it('goes by its answer, and hands its payload to the device', async () => {
    const key = await enroll('asks', east, custom());
    answer = {
      status: 200,
      body: { iotHubHostName: west.hostName, initialTwin: { tags: { floor: 9 } }, payload: { hello: 'door' } },
    };

    const { registrationState } = await dps.register('asks', key, { model: 'm1' });
    await dps.register('asks', key);

    expect(registrationState).toMatchObject({ assignedHub: west.hostName, payload: { hello: 'door' } });
    expect(await twinOf('west', 'asks')).toEqual({ tags: { floor: 9 }, desired: {} });
    expect(asked[0]).toMatchObject({
      individualEnrollment: {
        registrationId: 'asks',
        attestation: { type: 'symmetricKey' },
        customAllocationDefinition: { webhookUrl: `${url}?****` },
      },
      deviceRuntimeContext: { registrationId: 'asks', symmetricKey: {}, payload: { model: 'm1' } },
      linkedHubs: [east.hostName, west.hostName],
    });
    expect(JSON.stringify(asked)).not.toMatch(/primaryKey|secret/);
    expect(asked[1]).toMatchObject({
      deviceRuntimeContext: { currentIotHubHostName: west.hostName, currentDeviceId: 'asks' },
    });
  });

  it.each([
    ['an error', 500, {}, 'Custom allocation failed with status code: 500'],
    ['a hub that is not linked', 200, { iotHubHostName: 'far.azure-devices.test' }, /none of the linked hubs/],
    ['nothing of use', 200, [], /no allocation/],
  ])('fails when it answers %s', async (_what, status, body, message) => {
    const id = `fails-${status}-${JSON.stringify(body).length}`;
    const key = await enroll(id, east, custom());
    answer = { status, body };

    const { registrationState } = await dps.register(id, key);

    expect(registrationState).toMatchObject({ status: 'failed', errorCode: 400207 });
    expect(registrationState.errorMessage).toMatch(message);
  });
});
