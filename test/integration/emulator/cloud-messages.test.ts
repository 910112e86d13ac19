import { Amqp, AmqpWs, Client } from 'azure-iothub';
import { randomUUID } from 'node:crypto';
import { AuthorizationManagementClient } from '@azure/arm-authorization';
import { DefaultAzureCredential } from '@azure/identity';
import { Client as DeviceClient } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
// The class that its client takes; its index leaves it out, and azure-iot-common's is another to the type checker.
import { Message } from 'azure-iothub/dist/common-core/message';
import { createHub, type TestHub } from '../../support/hub';
import { beforeItEnds } from '../../support/before-it-ends';
import { eventually } from '../../support/eventually';
import { sasOf } from '../../support/own-emulator';

let hub: TestHub;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  hub = await createHub();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

async function service(transport = Amqp, connectionString = hub.connectionString): Promise<Client> {
  const client = Client.fromConnectionString(connectionString, transport);
  open.push(client);
  await client.open();
  return client;
}

/** A message with a given id that asks for feedback. */
function message(messageId: string, ack = 'full'): Message {
  const sent = new Message(JSON.stringify({ hello: messageId }));
  sent.messageId = messageId;
  sent.ack = ack;
  sent.properties.add('kind', 'test');
  return sent;
}

async function feedbackOf(client: Client): Promise<Record<string, unknown>[]> {
  const records: Record<string, unknown>[] = [];
  const { result: receiver } = await client.getFeedbackReceiver();
  receiver.on('message', (batch: Message) => {
    records.push(...(JSON.parse((batch.getData() as Buffer).toString()) as Record<string, unknown>[]));
    receiver.complete(batch, () => undefined);
  });
  return records;
}

it('refuses an unknown device, and a message beyond the fifty that may wait', async () => {
  const client = await service();
  await hub.device('full');

  await expect(client.send('nobody', message('m'))).rejects.toMatchObject({ name: 'DeviceNotFoundError' });
  for (let i = 0; i < 50; i++) await client.send('full', message(`m${i}`, 'none'));
  await expect(client.send('full', message('m50'))).rejects.toMatchObject({
    name: 'DeviceMaximumQueueDepthExceededError',
  });
});

it.each([
  ['AMQP', Amqp],
  ['AMQP over websockets', AmqpWs],
])('tells the sender of a message that expired, by %s', async (name, transport) => {
  const deviceId = `late-${name.length}`;
  await hub.device(deviceId);
  const client = await service(transport);
  const feedback = await feedbackOf(client);
  const expired = message('soon', 'negative');
  expired.expiryTimeUtc = Date.now() + 1000;

  await client.send(deviceId, expired);

  await eventually(() =>
    expect(feedback).toMatchObject([{ originalMessageId: 'soon', deviceId, statusCode: 'Expired' }]),
  );
});

it('lets nobody in with a wrong key, and gives no link without the right', async () => {
  const wrong = hub.connectionString.replace(
    /SharedAccessKey=.*$/,
    `SharedAccessKey=${Buffer.alloc(32).toString('base64')}`,
  );
  await expect(service(Amqp, wrong)).rejects.toThrow('Could not connect');

  const reader = await service(Amqp, await hub.policy('registryRead'));
  await expect(reader.send('full', message('m'))).rejects.toMatchObject({ name: 'UnauthorizedError' });
});

it('tells the sender that a device took the message over MQTT; feedback that is abandoned comes again', async () => {
  const device = DeviceClient.fromConnectionString(await hub.device('taker'), Mqtt);
  open.push(device);
  const taken: string[] = [];
  device.on('message', (received: { messageId: string }) => {
    taken.push(received.messageId);
    device.complete(received as never, () => undefined);
  });
  await device.open();
  const client = await service();
  const tellings: unknown[] = [];
  const { result: receiver } = await client.getFeedbackReceiver();
  receiver.on('message', (batch: Message) => {
    tellings.push(...(JSON.parse((batch.getData() as Buffer).toString()) as unknown[]));
    if (tellings.length === 1) receiver.abandon(batch, () => undefined);
    else receiver.reject(batch, () => undefined);
  });
  const messageId = randomUUID(); // the SDK sends what looks like one as 16 bytes

  await client.send('taker', message(messageId));

  const success = { originalMessageId: messageId, deviceId: 'taker', statusCode: 'Success' };
  await eventually(() => expect(tellings).toMatchObject([success, success]));
  expect(taken).toEqual([messageId]);
});

it('lets an identity send by its role', async () => {
  const credential = new DefaultAzureCredential();
  await hub.device('by-role');
  const asIdentity = (): Client => {
    const client = Client.fromTokenCredential(hub.hostName, credential, Amqp);
    open.push(client);
    return client;
  };
  await expect(asIdentity().send('by-role', message('m', 'none'))).rejects.toMatchObject({ name: 'UnauthorizedError' });
  const subscription = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
  const scope = `/subscriptions/${subscription}/resourceGroups/test-hubs/providers/Microsoft.Devices/IotHubs/${hub.name}`;
  const { token } = await credential.getToken('https://management.azure.test/.default');
  const { oid } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { oid: string };
  const { roleAssignments, roleDefinitions } = new AuthorizationManagementClient(credential, subscription, {
    endpoint: 'https://management.azure.test',
  });
  for await (const { id } of roleDefinitions.list('', { filter: "roleName eq 'IoT Hub Data Contributor'" })) {
    await roleAssignments.create(scope, randomUUID(), {
      principalId: oid,
      roleDefinitionId: id ?? '',
      principalType: 'ServicePrincipal',
    });
  }

  await expect(asIdentity().send('by-role', message('m', 'none'))).resolves.toBeDefined();
});

it('closes the links of a token that expires', async () => {
  const [, policy = '', key = ''] =
    /SharedAccessKeyName=([^;]*);SharedAccessKey=(.*)$/.exec(hub.connectionString) ?? [];
  let ended: Promise<unknown> = Promise.resolve();
  const expiry = await beforeItEnds(async (se) => {
    const client = Client.fromSharedAccessSignature(sasOf(hub.hostName, key, { se, skn: policy }), Amqp);
    open.push(client);
    await client.open();
    const { result: receiver } = await client.getFeedbackReceiver();
    ended = new Promise((resolve) => void client.once('disconnect', resolve)); // all that the SDK tells
    receiver.on('message', () => undefined); // or no link is opened
  });

  await ended;
  expect(Date.now()).toBeGreaterThanOrEqual(expiry * 1000);
});
