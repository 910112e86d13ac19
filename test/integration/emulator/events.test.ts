import { EventHubConsumerClient, earliestEventPosition, type ReceivedEventData } from '@azure/event-hubs';
import { Client, Message } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { createHub, type TestHub } from '../../support/hub';
import { eventually } from '../../support/eventually';

let hub: TestHub;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  hub = await createHub();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

/** The connection string that the portal shows as Event-Hub-compatible endpoint. */
const endpointOf = (of: TestHub): string => {
  const [, policy = '', key = ''] = /SharedAccessKeyName=([^;]*);SharedAccessKey=(.*)$/.exec(of.connectionString) ?? [];
  return `Endpoint=sb://${of.name}.servicebus.azure.test/;SharedAccessKeyName=${policy};SharedAccessKey=${key};EntityPath=${of.name}`;
};

function consumer(group = '$Default', connectionString = endpointOf(hub)): EventHubConsumerClient {
  const client = new EventHubConsumerClient(group, connectionString, { retryOptions: { maxRetries: 0 } });
  open.push(client);
  return client;
}

/** What a subscription has got so far. */
function collect(client: EventHubConsumerClient, options = {}): { events: ReceivedEventData[]; errors: Error[] } {
  const got = { events: [] as ReceivedEventData[], errors: [] as Error[] };
  const subscription = client.subscribe(
    {
      processEvents: (events) => Promise.resolve(void got.events.push(...events)),
      processError: (error) => Promise.resolve(void got.errors.push(error)),
    },
    { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1, ...options },
  );
  open.unshift(subscription);
  return got;
}

async function send(deviceId: string, ...bodies: string[]): Promise<void> {
  const device = Client.fromConnectionString(await hub.device(deviceId), Mqtt);
  for (const body of bodies) {
    const message = new Message(body);
    message.messageId = `id-${body}`;
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    message.properties.add('kind', 'test');
    await device.sendEvent(message);
  }
  await device.close();
}

it('tells of its partitions', async () => {
  const client = consumer();

  const properties = await client.getEventHubProperties();
  expect(properties).toMatchObject({ name: hub.name, partitionIds: ['0', '1', '2', '3'] });
  expect(Math.abs(Date.now() - properties.createdOn.getTime())).toBeLessThan(600_000);
  expect(await client.getPartitionProperties('0')).toMatchObject({
    eventHubName: hub.name,
    partitionId: '0',
    beginningSequenceNumber: 0,
    lastEnqueuedSequenceNumber: -1,
    isEmpty: true,
  });
  await expect(client.getPartitionProperties('4')).rejects.toThrow(/does not exist/);
});

it('gives what devices send, with properties and annotations as IoT Hub sets them', async () => {
  const got = collect(consumer());

  await send('sender', '1', '2', '3');

  await eventually(() => expect(got.events).toHaveLength(3));
  expect(got.events.map(({ body }) => body as unknown)).toEqual([1, 2, 3]);
  const [first] = got.events;
  expect(first).toMatchObject({
    messageId: 'id-1',
    contentType: 'application/json',
    properties: { kind: 'test' },
    sequenceNumber: expect.any(Number) as number,
    offset: expect.any(String) as string,
    systemProperties: {
      'iothub-connection-device-id': 'sender',
      'iothub-message-source': 'Telemetry',
      contentEncoding: 'utf-8',
    },
  });
  expect(Math.abs(Date.now() - (first?.enqueuedTimeUtc.getTime() ?? 0))).toBeLessThan(60_000);
  expect(got.errors).toEqual([]);
});
