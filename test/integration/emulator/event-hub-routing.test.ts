import { randomBytes } from 'node:crypto';

import { IotHubClient, type IotHubDescription, type IotHubProperties } from '@azure/arm-iothub';
import { EventHubConsumerClient, type ReceivedEventData } from '@azure/event-hubs';
import { DefaultAzureCredential } from '@azure/identity';
import { Client, Message } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { Registry } from 'azure-iothub';

import {
  arm,
  collect,
  createNamespace,
  EVENTS_RECEIVER,
  EVENTS_SENDER,
  type Collected,
  type TestNamespace,
} from '../../support/event-hubs';
import { eventually } from '../../support/eventually';
import { assignRole } from '../../support/roles';

const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const credential = new DefaultAzureCredential();
const { iotHubResource } = new IotHubClient(credential, SUBSCRIPTION, { endpoint: 'https://management.azure.test' });
const hubName = `Hub-${randomBytes(5).toString('hex')}`;
const open: { close(): Promise<unknown> }[] = [];
let space: TestNamespace;
let owner: string;
let sender: { readonly id: string; readonly principalId: string };

const groupOf = ({ name }: TestNamespace): string => name;
const eventHubId = (): string => `${space.id}/eventhubs/telemetry`;

/** Puts the hub, with one endpoint and what else is given. */
async function putHub(endpoint: object, more: Partial<NonNullable<IotHubProperties['routing']>> = {}): Promise<void> {
  const routing = {
    endpoints: { eventHubs: [{ name: 'telemetry', ...endpoint }] },
    routes: [
      {
        ...{ name: 'hot', source: 'DeviceMessages', isEnabled: true, endpointNames: ['telemetry'] },
        condition: "kind = 'hot' AND $body.Celsius > 20",
      },
    ],
    enrichments: [
      { key: 'hub', value: '$iothubname', endpointNames: ['telemetry'] },
      { key: 'site', value: '$twin.tags.site', endpointNames: ['telemetry'] },
    ],
    fallbackRoute: { source: 'DeviceMessages', isEnabled: true, endpointNames: ['events'] },
    ...more,
  };
  const description: IotHubDescription = {
    location: 'westeurope',
    sku: { name: 'S1', capacity: 1 },
    identity: { type: 'UserAssigned', userAssignedIdentities: { [sender.id]: {} } },
    properties: { routing },
  };
  await iotHubResource.beginCreateOrUpdateAndWait(groupOf(space), hubName, description, { updateIntervalInMs: 20 });
}

const byIdentity = () => ({
  authenticationType: 'identityBased',
  endpointUri: `sb://${space.host}`,
  entityPath: 'telemetry',
  identity: { userAssignedIdentity: sender.id },
});

beforeAll(async () => {
  space = await createNamespace(credential);
  await space.eventHub('telemetry', { partitionCount: 2 });
  await assignRole(credential, eventHubId(), EVENTS_RECEIVER);
  const id = `${space.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/sender`;
  const { body } = await arm(credential, 'PUT', id, { location: 'westeurope' });
  sender = { id, principalId: (body['properties'] as { principalId: string }).principalId };
  await putHub(byIdentity());
  const { primaryKey } = await iotHubResource.getKeysForKeyName(groupOf(space), hubName, 'iothubowner');
  owner = `HostName=${hubName}.azure-devices.test;SharedAccessKeyName=iothubowner;SharedAccessKey=${primaryKey}`;
  const registry = Registry.fromConnectionString(owner);
  await registry.create({ deviceId: 'pump' });
  await registry.updateTwin('pump', { tags: { site: 'west' } }, '*');
});
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});
afterAll(async () => {
  await arm(credential, 'DELETE', space.group);
});

async function send(...readings: { readonly kind: string; readonly Celsius: number }[]): Promise<void> {
  const { responseBody } = await Registry.fromConnectionString(owner).get('pump');
  const key = responseBody.authentication?.symmetricKey?.primaryKey;
  const device = Client.fromConnectionString(
    `HostName=${hubName}.azure-devices.test;DeviceId=pump;SharedAccessKey=${key}`,
    Mqtt,
  );
  for (const { kind, Celsius } of readings) {
    const message = new Message(JSON.stringify({ Celsius }));
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    message.properties.add('kind', kind);
    await device.sendEvent(message);
  }
  await device.close();
}

function readAll(): Collected {
  const client = new EventHubConsumerClient('$Default', space.host, 'telemetry', credential);
  const got = collect(client);
  open.push(client, got.subscription);
  return got;
}

const readingsOf = (events: readonly ReceivedEventData[]): unknown[] =>
  events.map(({ body }) => (body as { Celsius: number }).Celsius);

async function health(): Promise<Record<string, unknown>> {
  for await (const one of iotHubResource.listEndpointHealth(groupOf(space), hubName)) {
    if (one.endpointId === 'telemetry') return { ...one };
  }
  throw new Error('the hub tells of no such endpoint');
}

it('holds what the identity may not send, and sends it in order once it may', async () => {
  expect(await health()).toMatchObject({ healthStatus: 'unknown' });
  await send({ kind: 'hot', Celsius: 21 }, { kind: 'cold', Celsius: 22 }, { kind: 'hot', Celsius: 23 });
  expect(await health()).toMatchObject({
    healthStatus: 'unhealthy',
    lastKnownError: expect.stringMatching(/'Send' claim/) as string,
    lastKnownErrorTime: expect.any(Date) as Date,
  });

  await assignRole(credential, eventHubId(), EVENTS_SENDER, sender.principalId);
  const got = readAll();
  await eventually(() => expect(readingsOf(got.events)).toEqual([21, 23])); // in one partition, for one device
  await send({ kind: 'hot', Celsius: 24 }, { kind: 'hot', Celsius: 19 });

  await eventually(() => expect(readingsOf(got.events)).toEqual([21, 23, 24]));
  expect(await health()).toMatchObject({ healthStatus: 'healthy' });
  expect(got.events.at(-1)).toMatchObject({
    contentType: 'application/json',
    properties: { kind: 'hot', hub: hubName, site: 'west' },
    systemProperties: {
      'iothub-connection-device-id': 'pump',
      'iothub-message-source': 'Telemetry',
      'iothub-enqueuedtime': expect.anything() as unknown,
      contentEncoding: 'utf-8',
    },
  });
});

it('gives what no route takes to the built-in endpoint', async () => {
  await send({ kind: 'cold', Celsius: 30 });
  const [, key = ''] = /SharedAccessKey=(.*)$/.exec(owner) ?? [];
  const entity = hubName.toLowerCase();
  const endpoint = `Endpoint=sb://${entity}.servicebus.azure.test/;SharedAccessKeyName=iothubowner;SharedAccessKey=${key};EntityPath=${entity}`;
  const client = new EventHubConsumerClient('$Default', endpoint);
  const got = collect(client);
  open.push(client, got.subscription);

  await eventually(() => expect(readingsOf(got.events)).toContain(30));

  expect(readingsOf(got.events)).not.toContain(21);
});

it('opens an event hub by the key of a policy as well, and shows none', async () => {
  const rule = `${eventHubId()}/authorizationRules/hub`;
  await arm(credential, 'PUT', rule, { properties: { rights: ['Send'] } });
  const keys = await arm(credential, 'POST', `${rule}/listKeys`);
  const connectionString = String(keys.body['primaryConnectionString']);

  await putHub({ connectionString });
  await send({ kind: 'hot', Celsius: 40 });

  const got = readAll();
  await eventually(() => expect(readingsOf(got.events)).toContain(40));
  const { properties } = await iotHubResource.get(groupOf(space), hubName);
  const shown = properties?.routing?.endpoints?.eventHubs?.[0]?.connectionString ?? '';
  expect(shown).toContain('SharedAccessKey=****');
  await putHub({ connectionString: shown }); // what was read may be put again
  await send({ kind: 'hot', Celsius: 41 });
  await eventually(() => expect(readingsOf(got.events)).toContain(41));
});

it('refuses endpoints that name no event hub, and a namespace where a hub has the host name', async () => {
  await expect(putHub({ authenticationType: 'identityBased', endpointUri: `sb://${space.host}` })).rejects.toThrow(
    /needs endpointUri/,
  );
  await expect(putHub({ connectionString: `Endpoint=sb://${space.host}/` })).rejects.toThrow(/has no key for it/);
  const taken = `${space.group}/providers/Microsoft.EventHub/namespaces/${hubName}`;
  expect(await arm(credential, 'PUT', taken, { location: 'westeurope' })).toMatchObject({ status: 409 });
});
