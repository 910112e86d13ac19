import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { EventHubConsumerClient, earliestEventPosition, type ReceivedEventData } from '@azure/event-hubs';
import { Client, Message, ModuleClient, type Twin } from 'azure-iot-device';
import { Amqp, AmqpWs } from 'azure-iot-device-amqp';
import { NoRetry } from 'azure-iot-common';
import { Mqtt } from 'azure-iot-device-mqtt';
import { Amqp as ServiceAmqp, Client as ServiceClient, Registry } from 'azure-iothub';
import { Message as ServiceMessage } from 'azure-iothub/dist/common-core/message';
import rhea, { type AmqpError, type Connection, type EventContext } from 'rhea';
import { closeConnection, connectPlain } from '../../support/amqp';
import { makeCertificate } from '../../support/certificates';
import { sasOf } from '../../support/own-emulator';
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

/** What the client leaves untyped. */
interface ModuleIdentity {
  readonly authentication: { readonly symmetricKey: { readonly primaryKey: string } };
}

/** A module's connection string; its device is made too. */
async function moduleOf(deviceId: string, moduleId: string): Promise<string> {
  await hub.device(deviceId);
  await registry.addModule({ deviceId, moduleId });
  const { responseBody } = (await registry.getModule(deviceId, moduleId)) as { responseBody: ModuleIdentity };
  const key = responseBody.authentication.symmetricKey.primaryKey;
  return `HostName=${hub.hostName};DeviceId=${deviceId};ModuleId=${moduleId};SharedAccessKey=${key}`;
}

/** An AMQP connection that is closed with the test. */
function plain(username: string, password: string): Connection {
  const connection = connectPlain(hub.hostName, username, password);
  open.push({ close: () => closeConnection(connection) });
  return connection;
}

const keyIn = (connectionString: string): string => /SharedAccessKey=(.*)$/.exec(connectionString)?.[1] ?? '';

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
  older.setRetryPolicy(new NoRetry()); // or it comes back, and is the newest
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

it.each([
  ['AMQP', Amqp],
  ['AMQP over websockets', AmqpWs],
])('lets a device in by its certificate over %s, and no other', async (name, transport) => {
  const deviceId = `x509-${name.length}`;
  const [own, other] = await Promise.all([makeCertificate(deviceId), makeCertificate(deviceId)]);
  const primaryThumbprint = new X509Certificate(own.cert).fingerprint256.replaceAll(':', '');
  await registry.create({ deviceId, authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } } });
  const by = async ({ cert, key }: { cert: string; key: string }): Promise<Client> => {
    const client = Client.fromConnectionString(`HostName=${hub.hostName};DeviceId=${deviceId};x509=true`, transport);
    await client.setOptions({ cert, key });
    return client;
  };

  const client = await by(own);
  open.push(client);
  await client.sendEvent(new Message('x'));

  expect(await eventsOf(deviceId, 1)).toMatchObject([
    {
      systemProperties: { 'iothub-connection-auth-method': expect.stringContaining('"type":"x509"') as string },
    },
  ]);
  const stranger = await by(other);
  await expect(stranger.sendEvent(new Message('x'))).rejects.toMatchObject({ name: 'UnauthorizedError' });
});

it('serves modules: telemetry, twin, methods', async () => {
  const client = ModuleClient.fromConnectionString(await moduleOf('edge', 'meter'), Amqp);
  open.push(client);
  await client.open();
  client.onMethod('ping', (_request, response) => void response?.send(200, 'pong'));

  await client.sendEvent(new Message('{"m":1}'));
  await report(await client.getTwin(), { volts: 5 });

  expect(await eventsOf('edge', 1)).toMatchObject([{ systemProperties: { 'iothub-connection-module-id': 'meter' } }]);
  expect((await registry.getModuleTwin('edge', 'meter')).responseBody.properties.reported).toMatchObject({ volts: 5 });
  await eventually(async () => {
    const call = { methodName: 'ping', connectTimeoutInSeconds: 10 };
    const { result } = (await service.invokeDeviceMethod('edge', 'meter', call)) as { result: unknown };
    expect(result).toMatchObject({ status: 200, payload: 'pong' });
  });
});

/** Message format of a batch (Microsoft.Azure.Amqp, `AmqpConstants`). */
const BATCH = 0x80013700;

it('takes a batch as the messages that are in it, from a device that signs in by SASL PLAIN', async () => {
  const key = keyIn(await hub.device('batcher'));
  const token = sasOf(`${hub.hostName}/devices/batcher`, key);
  const sender = plain(`batcher@sas.${hub.name}`, token).open_sender('/devices/batcher/messages/events');
  await once(sender, 'sendable');
  const messages = ['a', 'b', 'c'].map((id) =>
    rhea.message.encode({ message_id: id, body: rhea.message.data_section(Buffer.from(`"${id}"`)) as unknown }),
  );
  const send = (sections: Buffer[]): void => {
    const batch = rhea.message.encode({ body: rhea.message.data_sections(sections) as unknown });
    sender.send(batch, undefined, BATCH); // with a format, rhea takes what is encoded
  };

  send(messages);
  await once(sender, 'accepted');
  send([Buffer.from('no message')]);
  const [{ delivery }] = (await once(sender, 'rejected')) as [EventContext];

  expect((delivery?.remote_state as { error?: unknown }).error).toMatchObject({
    condition: 'com.microsoft:argument-error',
  });
  expect((await eventsOf('batcher', 3)).map(({ messageId }) => messageId)).toEqual(['a', 'b', 'c']);
});

it('refuses by SASL who signs in with a wrong key, as another, or with a token that has ended', async () => {
  const key = keyIn(await hub.device('strict'));
  const resource = `${hub.hostName}/devices/strict`;
  const logins: readonly [username: string, token: string][] = [
    [`strict@sas.${hub.name}`, sasOf(resource, Buffer.alloc(32).toString('base64'))],
    [`other@sas.${hub.name}`, sasOf(resource, key)],
    [`service@sas.root.${hub.name}`, sasOf(resource, key)],
    [`strict@sas.${hub.name}`, sasOf(resource, key, { se: 1 })],
  ];

  for (const [username, token] of logins) {
    const [{ error }] = (await once(plain(username, token), 'connection_error')) as [{ error: AmqpError }];

    expect(error.condition).toBe('amqp:unauthorized-access');
  }
});

it('lets a connection live that settles on a session which it has ended, as @azure/event-hubs does', async () => {
  const key = keyIn(await hub.device('late'));
  const connection = plain(`late@sas.${hub.name}`, sasOf(`${hub.hostName}/devices/late`, key));
  await once(connection, 'connection_open');
  const session = connection.create_session();
  session.begin();
  await once(session, 'session_open');
  session.close();
  await once(session, 'session_close');

  const channel = (session as unknown as { local: { channel: number } }).local.channel;
  const disposition = Buffer.from('0000001202000000005315c0050441434041', 'hex'); // receiver, 0, settled
  disposition.writeUInt16BE(channel, 6);
  (connection as unknown as { socket: Writable }).socket.write(disposition);

  await once(connection.open_sender('/devices/late/messages/events'), 'sendable');
});

it('sends readers who know the hub alone to its endpoint, as the sample for the official client asks for it', async () => {
  const resource = `${hub.hostName}/messages/events`;
  const ask = async (policy: string): Promise<AmqpError | Error | undefined> => {
    const token = sasOf(resource, keyIn(await hub.policy(policy)), { skn: policy });
    const connection = plain(`${policy}@sas.root.${hub.name}`, token);
    const receiver = connection.open_receiver({ source: { address: `amqps://${resource}/$management` } });
    await once(receiver, 'receiver_error');
    return receiver.error;
  };

  expect(await ask('service')).toMatchObject({
    condition: 'amqp:link:redirect',
    info: { hostname: `${hub.name}.servicebus.azure.test`, port: 5671 },
  });
  expect(await ask('registryRead')).toMatchObject({ condition: 'amqp:unauthorized-access' });
});
