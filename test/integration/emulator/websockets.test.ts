import { once } from 'node:events';
import { request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { Registry } from 'azure-iothub';
import { Client as Device, Message } from 'azure-iot-device';
import { MqttWs } from 'azure-iot-device-mqtt';
import WebSocket from 'ws';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

let hub: TestHub;
beforeAll(async () => {
  hub = await createHub();
});

const dial = (path: string, subprotocol: string): WebSocket =>
  new WebSocket(`wss://${hub.hostName}${path}`, subprotocol === '' ? [] : [subprotocol]);
const refusalOf = async (socket: WebSocket): Promise<number | undefined> => {
  socket.on('error', () => undefined);
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  socket.terminate();
  return response.statusCode;
};

it('serves a device over websockets as it does over its own port', async () => {
  const device = Device.fromConnectionString(await hub.device('ws'), MqttWs);
  await device.open();
  const registry = Registry.fromConnectionString(hub.connectionString);
  const state = async () => (await registry.get('ws')).responseBody.connectionState;
  expect(await state()).toBe('Connected');

  const twin = await device.getTwin();
  await device.sendEvent(new Message('x'.repeat(200_000)));
  expect(twin.properties.desired).toMatchObject({ $version: 1 });
  await device.close();

  await eventually(async () => expect(await state()).toBe('Disconnected'));
});

it('refuses a wrong key with the protocol’s own code', async () => {
  const wrong = (await hub.device('wrong')).replace(/SharedAccessKey=.*/, `SharedAccessKey=${'A'.repeat(43)}=`);

  await expect(Device.fromConnectionString(wrong, MqttWs).open()).rejects.toMatchObject({ name: 'UnauthorizedError' });
});

it.each([
  ['/$iothub/websocket', 'chat', 400],
  ['/$iothub/websocket', '', 400],
  ['/elsewhere', 'mqtt', 404],
])('refuses a websocket at %s for %p', async (path, subprotocol, status) => {
  expect(await refusalOf(dial(path, subprotocol))).toBe(status);
});

it('closes a websocket that speaks no MQTT, or is cut off', async () => {
  const noise = dial('/$iothub/websocket?api-version=2021-04-12', 'mqtt');
  await once(noise, 'open');
  noise.send('GET / HTTP/1.1\r\n\r\n');
  await once(noise, 'close');

  const cut = dial('/%24iothub/websocket', 'mqtt');
  await once(cut, 'open');
  cut.terminate();

  const bare = request({
    host: hub.hostName,
    path: '/$iothub/websocket',
    headers: { connection: 'Upgrade', upgrade: 'x' },
  });
  bare.on('error', () => undefined).end();
  const [response] = (await once(bare, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(400);
});
