import { promisify } from 'node:util';
import { EventHubConsumerClient, earliestEventPosition, type ReceivedEventData } from '@azure/event-hubs';
import { Client, Message, type Twin } from 'azure-iot-device';
import { Amqp, AmqpWs } from 'azure-iot-device-amqp';
import { Mqtt } from 'azure-iot-device-mqtt';
import { Amqp as ServiceAmqp, Client as ServiceClient, Registry } from 'azure-iothub';
import { Message as ServiceMessage } from 'azure-iothub/dist/common-core/message';
import { createHub, type TestHub } from '../../support/hub';
import { eventually } from '../../support/eventually';

let hub: TestHub;
let registry: Registry;
let service: ServiceClient;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  hub = await createHub();
  registry = Registry.fromConnectionString(hub.connectionString);
  service = ServiceClient.fromConnectionString(hub.connectionString, ServiceAmqp);
  await service.open();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(() => service.close());

type Transport = typeof Amqp | typeof Mqtt;

async function device(deviceId: string, transport: Transport = Amqp): Promise<Client> {
  return connect(await hub.device(deviceId), transport);
}

async function connect(connectionString: string, transport: Transport = Amqp): Promise<Client> {
  const client = Client.fromConnectionString(connectionString, transport);
  open.push(client);
  await client.open();
  return client;
}

/** What the built-in endpoint holds of a device's messages. */
async function eventsOf(deviceId: string, count: number): Promise<ReceivedEventData[]> {
  const [, policy = '', key = ''] =
    /SharedAccessKeyName=([^;]*);SharedAccessKey=(.*)$/.exec(hub.connectionString) ?? [];
  const endpoint = `Endpoint=sb://${hub.name}.servicebus.azure.test/;SharedAccessKeyName=${policy};SharedAccessKey=${key};EntityPath=${hub.name}`;
  const client = new EventHubConsumerClient('$Default', endpoint);
  const got: ReceivedEventData[] = [];
  const subscription = client.subscribe(
    {
      processEvents: (events) => Promise.resolve(void got.push(...events)),
      processError: () => Promise.resolve(),
    },
    { startPosition: earliestEventPosition, maxWaitTimeInSeconds: 1 },
  );
  open.unshift(subscription, client);
  const own = () =>
    got.filter(
      ({ systemProperties: of }) =>
        of?.['iothub-connection-device-id'] === deviceId && of['iothub-message-source'] === 'Telemetry',
    );
  await eventually(() => expect(own()).toHaveLength(count));
  return own();
}

const connectionStateOf = async (deviceId: string): Promise<string> =>
  (await registry.get(deviceId)).responseBody.connectionState ?? '';

it.each([
  ['AMQP', Amqp],
  ['AMQP over websockets', AmqpWs],
])('takes telemetry by %s', async (name, transport) => {
  const deviceId = `talker-${name.length}`;
  const client = await device(deviceId, transport);
  const message = new Message('{"t":1}');
  message.messageId = '0f6e4b1c-7a1d-4a53-9d1c-2b8d6a0f1e22';
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  message.properties.add('kind', 'test');

  await client.sendEvent(message);

  expect(await connectionStateOf(deviceId)).toBe('Connected');
  expect(await eventsOf(deviceId, 1)).toMatchObject([
    {
      body: { t: 1 },
      messageId: '0f6e4b1c-7a1d-4a53-9d1c-2b8d6a0f1e22',
      properties: { kind: 'test' },
      systemProperties: { 'iothub-connection-auth-method': expect.stringContaining('"type":"sas"') as string },
    },
  ]);
  await client.close();
  await eventually(async () => expect(await connectionStateOf(deviceId)).toBe('Disconnected'));
});

/** The twin's properties have no types of their own. */
const report = (twin: Twin, patch: object): Promise<void> =>
  promisify((twin.properties.reported as { update: Update }).update)(patch);
type Update = (patch: object, callback: (error: Error | null) => void) => void;

it('serves the twin: reads, reports, tells of desired properties', async () => {
  const client = await device('twin');
  const twin: Twin = await client.getTwin();
  const heard: unknown[] = [];
  twin.on('properties.desired', (delta: unknown) => heard.push(delta));

  await report(twin, { colour: 'red' });
  const { responseBody: stored } = await registry.getTwin('twin');
  expect(stored.properties.reported).toMatchObject({ colour: 'red' });

  await eventually(async () => {
    await registry.updateTwin('twin', { properties: { desired: { at: Date.now() } } }, '*'); // until it has subscribed
    expect(heard).toContainEqual(expect.objectContaining({ at: expect.any(Number) as number }));
  });
  await expect(report(twin, { 'a.b': 1 })).rejects.toThrow('has the key "a.b"');
});

it('calls methods', async () => {
  const client = await device('callee');
  client.onDeviceMethod('add', (request, response) => {
    const { a, b } = request.payload as { a: number; b: number };
    void response.send(201, { sum: a + b });
  });

  await eventually(async () => {
    const { result } = (await service.invokeDeviceMethod('callee', {
      methodName: 'add',
      payload: { a: 1, b: 2 },
      connectTimeoutInSeconds: 10,
    })) as { result: unknown };
    expect(result).toMatchObject({ status: 201, payload: { sum: 3 } });
  });
});

it('hands over messages; what the device abandons comes again, what it completes or rejects does not', async () => {
  const client = await device('receiver');
  const seen: string[] = [];
  client.on('message', (message: Message) => {
    seen.push(message.messageId);
    const isFirst = seen.filter((id) => id === message.messageId).length === 1;
    if (message.messageId === 'abandoned' && isFirst) client.abandon(message, () => undefined);
    else if (message.messageId === 'rejected') client.reject(message, () => undefined);
    else client.complete(message, () => undefined);
  });
  const records: Record<string, unknown>[] = [];
  const { result: feedback } = await service.getFeedbackReceiver();
  feedback.on('message', (batch: ServiceMessage) => {
    records.push(...(JSON.parse((batch.getData() as Buffer).toString()) as Record<string, unknown>[]));
    feedback.complete(batch, () => undefined);
  });

  for (const messageId of ['completed', 'abandoned', 'rejected']) {
    await service.send('receiver', Object.assign(new ServiceMessage('x'), { messageId, ack: 'full' }) as never);
  }

  await eventually(() =>
    expect(Object.fromEntries(records.map((each) => [each['originalMessageId'], each['statusCode']]))).toEqual({
      completed: 'Success',
      abandoned: 'Success',
      rejected: 'Rejected',
    }),
  );
  expect(seen.filter((id) => id === 'abandoned')).toHaveLength(2);
});

it('lets the newest connection win, whatever its protocol', async () => {
  const connectionString = await hub.device('double');
  const older = await connect(connectionString);
  older.onDeviceMethod('who', (_request, response) => void response.send(200, 'older'));
  await eventually(async () => expect(await connectionStateOf('double')).toBe('Connected'));
  const newer = await connect(connectionString, Mqtt);
  newer.onDeviceMethod('who', (_request, response) => void response.send(200, 'newer'));

  const call = { methodName: 'who', connectTimeoutInSeconds: 10 };
  const { result } = (await service.invokeDeviceMethod('double', call)) as { result: unknown };
  expect(result).toMatchObject({ payload: 'newer' });
});

it('lets nobody in with a wrong key, and no device act as another', async () => {
  const own = await hub.device('self');
  await hub.device('other');
  const wrong = own.replace(/SharedAccessKey=.*$/, `SharedAccessKey=${Buffer.alloc(32, 1).toString('base64')}`);
  const asOther = own.replace('DeviceId=self', 'DeviceId=other');

  await expect(connect(wrong)).rejects.toMatchObject({ name: 'UnauthorizedError' });
  await expect(connect(asOther)).rejects.toMatchObject({ name: 'UnauthorizedError' });
  open.splice(0);
});
