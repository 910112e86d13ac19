import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import https from 'node:https';
import { connect, type TLSSocket } from 'node:tls';
import { generate, parser, type IConnectPacket, type Packet } from 'mqtt-packet';
import { createHub, type TestHub } from '../../support/hub';

let hub: TestHub;
let key: string;
const sockets: TLSSocket[] = [];

beforeAll(async () => {
  hub = await createHub();
  key = /SharedAccessKey=(.*)$/.exec(await hub.device('d1'))?.[1] ?? '';
});
afterEach(() => sockets.splice(0).forEach((socket) => socket.destroy()));

function tokenFor(resource: string, expiry = Math.floor(Date.now() / 1000) + 60, by = key, policy = ''): string {
  const sr = encodeURIComponent(resource);
  const sig = createHmac('sha256', Buffer.from(by, 'base64')).update(`${sr}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${expiry}${policy && `&skn=${policy}`}`;
}

/** A socket of one's own to the hub's MQTT port, with the packets that came so far. */
class Wire {
  readonly received: Packet[] = [];
  readonly closed: Promise<unknown>;
  #news: (() => void) | undefined;

  private constructor(readonly socket: TLSSocket) {
    const packets = parser({ protocolVersion: 4 });
    packets.on('packet', (packet) => this.received.push(packet));
    socket.on('data', (bytes: Buffer) => {
      packets.parse(bytes);
      this.#news?.();
    });
    socket.on('error', () => undefined);
    this.closed = once(socket, 'close');
  }

  static async open(): Promise<Wire> {
    const socket = connect({ host: hub.hostName, port: 8883, servername: hub.hostName });
    sockets.push(socket);
    await once(socket, 'secureConnect');
    return new Wire(socket);
  }

  send(packet: Packet | Buffer): void {
    this.socket.write(Buffer.isBuffer(packet) ? packet : generate(packet));
  }

  async next(): Promise<Packet> {
    while (this.received.length === 0) await new Promise<void>((resolve) => (this.#news = resolve));
    return this.received.shift() as Packet; // there is one
  }
}

const connectPacket = (more: Partial<IConnectPacket> = {}): IConnectPacket => ({
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clientId: 'd1',
  clean: true,
  keepalive: 60,
  username: `${hub.hostName}/d1/?api-version=2021-04-12`,
  password: Buffer.from(tokenFor(`${hub.hostName}/devices/d1`)),
  ...more,
});

async function admitted(more: Partial<IConnectPacket> = {}): Promise<Wire> {
  const wire = await Wire.open();
  wire.send(connectPacket(more));
  expect(await wire.next()).toMatchObject({ cmd: 'connack', returnCode: 0 });
  return wire;
}
const subscribe = (wire: Wire, ...topics: string[]): void =>
  wire.send({ cmd: 'subscribe', messageId: 1, subscriptions: topics.map((topic) => ({ topic, qos: 2 })) });
const publish = (topic: string, payload: string, qos: 0 | 1 | 2 = 0): Packet => ({
  cmd: 'publish',
  topic,
  payload,
  qos,
  messageId: 7,
  dup: false,
  retain: false,
});

it.each([
  ['with api-version after a question mark', (host: string) => `${host}/d1/?api-version=2021-04-12&DeviceClientType=x`],
  ['with api-version and no question mark', (host: string) => `${host}/d1/api-version=2021-04-12`],
  ['of hub and device only', (host: string) => `${host}/d1`],
])('admits a user name %s', async (_how, username) => {
  await admitted({ username: username(hub.hostName) });
});

it('admits a token of the device for the whole hub only when a policy signed it', async () => {
  const policyKey = /SharedAccessKey=(.*)$/.exec(await hub.policy('device'))?.[1] ?? '';
  await admitted({ password: Buffer.from(tokenFor(hub.hostName, undefined, policyKey, 'device')) });
});

it.each<[string, () => Partial<IConnectPacket>, number]>([
  ['no password', () => ({ password: undefined }), 5],
  ['a token of another device', () => ({ password: Buffer.from(tokenFor(`${hub.hostName}/devices/d2`)) }), 5],
  ['a device token for the whole hub', () => ({ password: Buffer.from(tokenFor(hub.hostName)) }), 5],
  ['an expired token', () => ({ password: Buffer.from(tokenFor(`${hub.hostName}/devices/d1`, 1_700_000_000)) }), 5],
  ['an unknown hub', () => ({ username: 'nowhere.azure-devices.test/d1' }), 5],
  ['an unknown module', () => ({ clientId: 'd1/m1', username: `${hub.hostName}/d1/m1/?api-version=2021-04-12` }), 5],
  ['a module as the device', () => ({ username: `${hub.hostName}/d1/m1/?api-version=2021-04-12` }), 2],
  ['another client id', () => ({ clientId: 'd2' }), 2],
  ['no user name', () => ({ username: undefined, password: undefined }), 2],
  ['MQTT 3.1', () => ({ protocolId: 'MQIsdp', protocolVersion: 3 }), 1],
])('refuses a CONNECT with %s', async (_what, more, returnCode) => {
  const wire = await Wire.open();

  wire.send(connectPacket(more()));

  expect(await wire.next()).toMatchObject({ cmd: 'connack', returnCode });
  await wire.closed;
});

it('lets a policy without DeviceConnect connect no device', async () => {
  const policyKey = /SharedAccessKey=(.*)$/.exec(await hub.policy('service'))?.[1] ?? '';
  const wire = await Wire.open();

  wire.send(connectPacket({ password: Buffer.from(tokenFor(hub.hostName, undefined, policyKey, 'service')) }));

  expect(await wire.next()).toMatchObject({ cmd: 'connack', returnCode: 5 });
});

it('closes the first connection of a device when a second comes', async () => {
  const first = await admitted();
  const second = await admitted();

  await first.closed;
  second.send({ cmd: 'pingreq' });
  expect(await second.next()).toMatchObject({ cmd: 'pingresp' });
});

it('grants QoS 1 where 2 is asked for, and acknowledges QoS 1', async () => {
  const wire = await admitted();
  subscribe(wire, '$iothub/twin/res/#');
  expect(await wire.next()).toMatchObject({ cmd: 'suback', granted: [1] });

  wire.send(publish('devices/d1/messages/events/', 'hello', 1));
  expect(await wire.next()).toMatchObject({ cmd: 'puback', messageId: 7 });
});

it('answers twin requests by their own id, and a bad report with the error', async () => {
  const wire = await admitted();
  subscribe(wire, '$iothub/twin/res/#');
  await wire.next();
  const answer = async (): Promise<[string, string]> => {
    const packet = await wire.next();
    if (packet.cmd !== 'publish') throw new Error(`unexpected ${packet.cmd}`);
    return [packet.topic, packet.payload.toString()];
  };

  wire.send(publish('$iothub/twin/GET/?$rid=odd%20id', ' '));
  const [topic, twin] = await answer();
  expect(topic).toBe('$iothub/twin/res/200/?$rid=odd%20id');
  expect(JSON.parse(twin)).toEqual({ desired: { $version: 1 }, reported: { $version: 1 } });

  wire.send(publish('$iothub/twin/PATCH/properties/reported/?$rid=2', '{"fw":"1"}'));
  expect(await answer()).toEqual(['$iothub/twin/res/204/?$rid=2&$version=2', '']);

  wire.send(publish('$iothub/twin/PATCH/properties/reported/?$rid=3&$version=1', '{"fw":"2"}'));
  expect((await answer())[0]).toBe('$iothub/twin/res/412/?$rid=3');

  for (const bad of ['{"fw":', '[1]', '"text"', '']) {
    wire.send(publish('$iothub/twin/PATCH/properties/reported/?$rid=4', bad));
    const [badTopic, error] = await answer();
    expect(badTopic).toBe('$iothub/twin/res/400/?$rid=4');
    expect(JSON.parse(error)).toMatchObject({ errorCode: 400004, message: expect.any(String) as string });
  }
});

it('keeps a persistent session only for cloud-to-device messages', async () => {
  const first = await admitted({ clean: false });
  subscribe(first, 'devices/d1/messages/devicebound/#', '$iothub/methods/POST/#');
  await first.next();
  first.send({ cmd: 'disconnect' });
  await first.closed;

  const second = await Wire.open();
  second.send(connectPacket({ clean: false }));
  expect(await second.next()).toMatchObject({ cmd: 'connack', returnCode: 0, sessionPresent: true });
  const third = await Wire.open();
  third.send(connectPacket({ clean: true }));
  expect(await third.next()).toMatchObject({ cmd: 'connack', returnCode: 0, sessionPresent: false });
});

it.each<[string, (wire: Wire) => void]>([
  ['publishes at QoS 2', (wire) => wire.send(publish('devices/d1/messages/events/', 'x', 2))],
  ['publishes as another device', (wire) => wire.send(publish('devices/d2/messages/events/', 'x'))],
  ['publishes to a topic that is not the hub’s', (wire) => wire.send(publish('some/topic', 'x'))],
  ['subscribes to everything', (wire) => subscribe(wire, '#')],
  ['sends a second CONNECT', (wire) => wire.send(connectPacket())],
  ['sends a packet of the server', (wire) => wire.send({ cmd: 'pingresp' })],
  ['sends a reserved packet type', (wire) => wire.send(Buffer.from([0x00, 0x00]))],
  ['sends a length that never ends', (wire) => wire.send(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0x7f]))],
  ['sends a topic longer than the packet', (wire) => wire.send(Buffer.from([0x30, 0x03, 0xff, 0xff, 0x41]))],
  [
    'sends a message of a megabyte',
    (wire) => wire.send(publish('devices/d1/messages/events/', 'x'.repeat(1024 * 1024))),
  ],
])('closes the connection of a device that %s', async (_what, act) => {
  const wire = await admitted();

  act(wire);

  await wire.closed;
});

it.each<[string, Buffer]>([
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['a PUBLISH before CONNECT', generate(publish('devices/d1/messages/events/', 'x'))],
  ['noise', Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 89 + 7) % 256))],
  ['a huge CONNECT', Buffer.concat([Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f]), Buffer.alloc(200_000, 0x41)])],
])('closes a connection that begins with %s, and serves the next', async (_what, bytes) => {
  const wire = await Wire.open();

  wire.send(bytes);

  await wire.closed;
  await admitted();
});

const policyToken = async (): Promise<string> => {
  const policyKey = /SharedAccessKey=(.*)$/.exec(await hub.policy('iothubowner'))?.[1] ?? '';
  return tokenFor(hub.hostName, undefined, policyKey, 'iothubowner');
};
const request = async (path: string, init: RequestInit = {}): Promise<[number, string | null]> => {
  const headers = {
    authorization: await policyToken(),
    'content-type': 'application/json',
    ...(init.headers as object),
  };
  const response = await fetch(`https://${hub.hostName}${path}`, { ...init, headers });
  await response.text();
  return [response.status, response.headers.get('iothub-errorcode')];
};

it('answers bad requests with named errors', async () => {
  const version = 'api-version=2021-04-12';
  const deep = `{"tags":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`;

  expect(await request('/devices')).toEqual([400, 'InvalidProtocolVersion']);
  expect(await request('/devices?api-version=latest')).toEqual([400, 'InvalidProtocolVersion']);
  expect(await request(`/devices?${version}&top=-1`)).toEqual([400, 'ArgumentInvalid']);
  expect(await request(`/nothing?${version}`)).toEqual([404, 'GenericNotFound']);
  expect(await request(`/devices/%E0%A4%A?${version}`)).toEqual([400, 'ArgumentInvalid']);
  expect(await request(`/devices/query?${version}`, { method: 'POST', body: '{"query":' })).toEqual([
    400,
    'IotHubFormatError',
  ]);
  expect(await request(`/devices/query?${version}`, { method: 'POST', body: '{"query":1}' })).toEqual([
    400,
    'ArgumentInvalid',
  ]);
  expect(await request(`/devices/query?${version}`, { method: 'POST' })).toEqual([400, 'ArgumentInvalid']);
  expect(await request(`/twins/d1?${version}`, { method: 'PATCH', body: '[]' })).toEqual([400, 'ArgumentInvalid']);
  expect(await request(`/twins/d1?${version}`, { method: 'PATCH', body: deep })).toEqual([400, 'ArgumentInvalid']);
  expect(
    await request(`/devices?${version}`, { method: 'POST', body: JSON.stringify(Array(101).fill({ id: 'x' })) }),
  ).toEqual([400, 'ArgumentInvalid']);
});

it('refuses a body over 4 MB before it comes', async () => {
  const headers = { authorization: await policyToken(), 'content-length': 5 * 1024 * 1024 };
  const path = '/devices?api-version=2021-04-12';
  const sent = https.request({ host: hub.hostName, method: 'POST', path, headers });
  sent.on('error', () => undefined).flushHeaders();

  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  sent.destroy();

  expect([response.statusCode, response.headers['iothub-errorcode']]).toEqual([413, 'MessageTooLarge']);
});

it('pages by a count from 1, cut to 100', async () => {
  const query = (size: string): Promise<[number, string | null]> =>
    request('/devices/query?api-version=2021-04-12', {
      method: 'POST',
      body: '{"query":"SELECT * FROM devices"}',
      headers: { 'x-ms-max-item-count': size },
    });

  expect(await query('0')).toEqual([400, 'ArgumentInvalid']);
  expect(await query('many')).toEqual([400, 'ArgumentInvalid']);
  expect(await query('5000')).toEqual([200, null]);
});
