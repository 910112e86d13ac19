import { Message as CloudMessage } from 'azure-iot-common';
import { Client as Service } from 'azure-iothub';
import { Client as Device, Message } from 'azure-iot-device';
import { Http } from 'azure-iot-device-http';
import { Mqtt } from 'azure-iot-device-mqtt';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

let hub: TestHub;
let service: Service;
const records: { originalMessageId: string; statusCode: string; deviceId: string }[] = [];
const devices: Device[] = [];

beforeAll(async () => {
  hub = await createHub();
  service = Service.fromConnectionString(hub.connectionString);
  await service.open();
  service.getFeedbackReceiver((error, receiver) => {
    if (error) throw error;
    receiver?.on('message', ({ data }: { data: string | Buffer }) => {
      records.push(...(JSON.parse(data.toString()) as typeof records));
    });
  });
});
afterEach(() => Promise.all(devices.splice(0).map((device) => device.close())));
afterAll(() => service.close());

const outcomeOf = (id: string) => records.find(({ originalMessageId }) => originalMessageId === id)?.statusCode;

async function send(deviceId: string, messageId: string): Promise<void> {
  const message = new CloudMessage(`body of ${messageId}`);
  message.messageId = messageId;
  message.ack = 'full';
  message.contentType = 'application/json';
  message.properties.add('Priority', 'high & low');
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- azure-iothub holds its own copy of azure-iot-common
  await service.send(deviceId, message);
}

it('reaches a device over MQTT at once or when it returns, and tells the sender', async () => {
  const connectionString = await hub.device('mqtt');
  const device = Device.fromConnectionString(connectionString, Mqtt);
  devices.push(device);
  const received: Message[] = [];
  device.on('message', (message: Message) => void received.push(message));
  await device.open();

  await send('mqtt', 'm1');
  await eventually(() => expect(received).toHaveLength(1));
  expect(received[0]).toMatchObject({ messageId: 'm1', contentType: 'application/json' });
  expect([String(received[0]?.data), received[0]?.properties.getValue('Priority')]).toEqual([
    'body of m1',
    'high & low',
  ]);
  await device.close();
  await send('mqtt', 'm2');
  await device.open();

  await eventually(() => expect(received.map(({ messageId }) => messageId)).toEqual(['m1', 'm2']));
  await eventually(() => expect([outcomeOf('m1'), outcomeOf('m2')]).toEqual(['Success', 'Success']));
});

it('reaches a device over HTTPS, which completes, rejects or abandons it', async () => {
  const device = Device.fromConnectionString(await hub.device('http'), Http);
  devices.push(device);
  void device.setOptions({ http: { receivePolicy: { interval: 1 } } }); // never calls back
  await device.open();
  await Promise.all(['h1', 'h2'].map((id) => send('http', id)));
  const seen: string[] = [];
  device.on('message', (message: Message) => {
    seen.push(message.messageId);
    if (seen.length === 1) void device.abandon(message);
    else if (message.messageId === 'h1') void device.complete(message);
    else void device.reject(message);
  });

  await eventually(() => expect([outcomeOf('h1'), outcomeOf('h2')]).toEqual(['Success', 'Rejected']));
  expect(seen).toHaveLength(3);

  const event = new Message('telemetry');
  event.properties.add('Case', 'Kept');
  await device.sendEvent(event);
  await device.sendEventBatch([new Message('a'), new Message('b')]);
});

it('is purged by the service', async () => {
  await hub.device('purged');
  await send('purged', 'p1');

  await expect(purge()).resolves.toEqual({ deviceId: 'purged', moduleId: null, totalMessagesPurged: 1 });
  await eventually(() => expect(outcomeOf('p1')).toBe('Purged'));

  async function purge(): Promise<unknown> {
    const { SharedAccessSignature } = await import('azure-iothub');
    const key = /SharedAccessKey=(.*)$/.exec(hub.connectionString)?.[1] ?? '';
    const expiry = Math.floor(Date.now() / 1000) + 60;
    const authorization = SharedAccessSignature.create(hub.hostName, 'iothubowner', key, expiry).toString();
    const url = `https://${hub.hostName}/devices/purged/commands?api-version=2021-04-12`;
    const response = await fetch(url, { method: 'DELETE', headers: { authorization } });
    return response.json();
  }
});

it('is refused once 50 messages wait', async () => {
  await hub.device('full');
  for (let i = 0; i < 50; i++) await send('full', `f${i}`);

  await expect(send('full', 'f50')).rejects.toThrow();
});

it('waits no longer than a device is there to take it', async () => {
  const raw = await fetch(`https://${hub.hostName}/devices/http/messages/devicebound?api-version=2021-04-12`);
  expect([raw.status, raw.headers.get('iothub-errorcode')]).toEqual([401, 'IotHubUnauthorizedAccess']);
});
