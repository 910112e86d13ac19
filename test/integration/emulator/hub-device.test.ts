import { Client as Service, Registry } from 'azure-iothub';
import { Client as Device, Message, SharedAccessSignature, type Twin } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { beforeItEnds } from '../../support/before-it-ends';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

let hub: TestHub;
let registry: Registry;
let service: Service;
const open: Device[] = [];

beforeAll(async () => {
  hub = await createHub();
  registry = Registry.fromConnectionString(hub.connectionString);
  service = Service.fromConnectionString(hub.connectionString);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((device) => device.close()));
});

async function connect(connectionString: string): Promise<Device> {
  const device = Device.fromConnectionString(connectionString, Mqtt);
  open.push(device);
  await device.open();
  return device;
}
const stateOf = async (id: string) => (await registry.get(id)).responseBody.connectionState;
type Reported = { update(patch: object, done: (error?: Error) => void): void };
const report = (twin: Twin, patch: object): Promise<void> =>
  new Promise((resolve, reject) => {
    const reported = twin.properties.reported as Reported; // typed any by the client
    reported.update(patch, (error) => (error ? reject(error) : resolve()));
  });
const call = (deviceId: string, more: object = {}) =>
  service.invokeDeviceMethod(deviceId, {
    methodName: 'lockDoor',
    payload: { why: 'test' },
    responseTimeoutInSeconds: 60,
    ...more,
  });

it('shows a device as connected while it is', async () => {
  const device = await connect(await hub.device('state'));
  expect(await stateOf('state')).toBe('Connected');

  await device.close();
  open.splice(0);

  await eventually(async () => expect(await stateOf('state')).toBe('Disconnected'));
});

it('hands twin changes to the device and reports back', async () => {
  const device = await connect(await hub.device('twin'));
  const twin = await device.getTwin();
  const changes: object[] = [];
  twin.on('properties.desired', (change: object) => changes.push(change));

  await registry.updateTwin('twin', { properties: { desired: { floor: 3, old: null } } }, '*');
  await report(twin, { floor: 3, nested: { a: 1, b: 2 } });
  await report(twin, { nested: { a: null } });

  await eventually(() => expect(changes.at(-1)).toEqual({ floor: 3, old: null, $version: 2 }));
  const { responseBody } = await registry.getTwin('twin');
  expect(responseBody.properties.reported).toMatchObject({ floor: 3, nested: { b: 2 }, $version: 3 });
  expect(twin.properties.desired).toMatchObject({ floor: 3 });
});

it('tells the device when its report breaks a limit', async () => {
  const device = await connect(await hub.device('limits'));
  const twin = await device.getTwin();

  await expect(report(twin, { 'a.b': 1 })).rejects.toThrow();
  await expect(report(twin, { a: 'x'.repeat(5000) })).rejects.toThrow();

  expect((await registry.getTwin('limits')).responseBody.properties.reported.$version).toBe(1);
});

it('calls a method and brings back the status and payload of the device', async () => {
  const device = await connect(await hub.device('method'));
  device.onDeviceMethod('lockDoor', (request, response) => void response.send(418, { got: request.payload as object }));
  await eventually(async () =>
    expect((await call('method')).result).toEqual({ status: 418, payload: { got: { why: 'test' } } }),
  );
});

it('waits for an offline device as long as the connect time-out says', async () => {
  const connectionString = await hub.device('late');
  const pending = call('late', { connectTimeoutInSeconds: 30 });

  const device = await connect(connectionString);
  device.onDeviceMethod('lockDoor', (_request, response) => void response.send(200));

  expect((await pending).result).toMatchObject({ status: 200 });
});

it('fails a method at once for an offline device, and after the time-out for one that does not answer', async () => {
  await hub.device('offline');
  await expect(call('offline')).rejects.toMatchObject({
    response: { statusCode: 404 },
    responseBody: expect.stringContaining('404103') as string,
  });
  await expect(call('nobody')).rejects.toMatchObject({ responseBody: expect.stringContaining('404001') as string });

  const mute = await connect(await hub.device('mute'));
  await expect(call('mute')).rejects.toMatchObject({ responseBody: expect.stringContaining('404103') as string });
  mute.onDeviceMethod('lockDoor', () => undefined);
  await eventually(async () => {
    await expect(call('mute', { responseTimeoutInSeconds: 5 })).rejects.toMatchObject({
      response: { statusCode: 504 },
      responseBody: expect.stringContaining('504101') as string,
    });
  });
});

it('refuses a response time-out out of bounds', async () => {
  await expect(call('mute', { responseTimeoutInSeconds: 3600 })).rejects.toMatchObject({
    response: { statusCode: 400 },
  });
});

it('takes telemetry at QoS 1', async () => {
  const device = await connect(await hub.device('telemetry'));
  const message = new Message(JSON.stringify({ t: 21.5 }));
  message.contentType = 'application/json';

  await expect(device.sendEvent(message)).resolves.toBeDefined();
});

it('refuses a wrong key and a disabled device, and drops one that is disabled while connected', async () => {
  const connectionString = await hub.device('guarded');
  const wrong = connectionString.replace(
    /SharedAccessKey=.*/,
    `SharedAccessKey=${Buffer.alloc(32).toString('base64')}`,
  );
  await expect(Device.fromConnectionString(wrong, Mqtt).open()).rejects.toMatchObject({ name: 'UnauthorizedError' });

  await connect(connectionString);
  const { responseBody } = await registry.get('guarded');
  await registry.update(Object.assign(responseBody, { status: 'disabled' as const }));
  await eventually(async () => expect(await stateOf('guarded')).toBe('Disconnected'));
  await expect(Device.fromConnectionString(connectionString, Mqtt).open()).rejects.toMatchObject({
    name: 'UnauthorizedError',
  });
});

it('closes a connection when its token expires', async () => {
  const connectionString = await hub.device('expiry');
  const { SharedAccessKey: key = '' } = Object.fromEntries(
    connectionString.split(';').map((part) => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  const expiry = await beforeItEnds(async (ends) => {
    const token = SharedAccessSignature.create(hub.hostName, 'expiry', key, ends).toString();
    const device = Device.fromSharedAccessSignature(token, Mqtt);
    open.push(device);
    await device.open();
    expect(await stateOf('expiry')).toBe('Connected');
  });

  await eventually(async () => expect(await stateOf('expiry')).toBe('Disconnected'));

  expect(Date.now()).toBeGreaterThanOrEqual(expiry * 1000);
});
