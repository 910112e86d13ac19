import type { IConnectPacket, IPublishPacket, Packet } from 'mqtt-packet';
import { createHmac } from 'node:crypto';
import type { Device } from '../../../../emulator/hub/hub-device';
import { Hubs, type Hub } from '../../../../emulator/hub/hubs';
import type { CloudMessage } from '../../../../emulator/hub/c2d/message';
import { hubMqttService } from '../../../../emulator/hub/mqtt/connect';
import { hubSettings } from '../../../../emulator/hub/settings';
import type { HubEvent } from '../../../../emulator/hub/events/event';
import type { MqttSession } from '../../../../emulator/wire/mqtt-service';
import { newWorld, type World } from '../../../../emulator/world/world';
import type { Fault } from '../../../../emulator/world/faults';
import { FakeClock } from '../../world/fake-clock';

let clock: FakeClock;
let world: World;
let hubs: Hubs;
let hub: Hub;
let device: Device;
let published: HubEvent[];

const open = (): Hub => hubs.create('hub1', hubSettings({ sku: { name: 'S1', units: 1 } }));
beforeEach(() => {
  clock = new FakeClock();
  world = newWorld({ clock });
  hubs = new Hubs({ throttle: false }, world);
  hub = open();
  device = hub.devices.create({ deviceId: 'd1' });
  published = [];
  jest.spyOn(hub.events, 'publish').mockImplementation((event) => void published.push(event));
});
afterEach(() => hub.close());

function tokenFor(of: Device, path: string): string {
  const [sr, se] = [encodeURIComponent(`${hub.hostName}/${path}`), Math.floor(Date.now() / 1000) + 60];
  const key = Buffer.from(of.identity.authentication.symmetricKey.primaryKey, 'base64');
  const sig = createHmac('sha256', key).update(`${sr}\n${se}`).digest('base64');
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(sig)}&se=${se}`;
}

/** A client on a wire that keeps what it is sent. */
class Client {
  readonly received: Packet[] = [];
  isClosed = false;
  returnCode = 0;
  sessionPresent = false;
  #session: MqttSession | undefined;

  constructor(more: Partial<IConnectPacket> = {}) {
    const packet: IConnectPacket = {
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clientId: 'd1',
      clean: false,
      keepalive: 60,
      username: `${hub.hostName}/d1/?api-version=2021-04-12`,
      password: Buffer.from(tokenFor(device, 'devices/d1')),
      ...more,
    };
    const admission = hubMqttService(hubs).admit(packet, { certificates: [] });
    if (admission?.kind !== 'admitted') {
      this.returnCode = admission?.kind === 'refused' ? admission.returnCode : -1;
      return;
    }
    this.sessionPresent = admission.sessionPresent;
    this.#session = admission.open({
      send: (sent) => void this.received.push(sent),
      close: () => {
        if (!this.isClosed) setImmediate(() => this.cut()); // as a socket does: later
        this.isClosed = true;
      },
    });
  }

  send(packet: Packet): void {
    this.#session?.receive(packet);
  }

  subscribe(qos: 0 | 1 = 1, topic = 'devices/d1/messages/devicebound/#'): void {
    this.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos }] });
  }

  /** The connection is gone without a word. */
  cut(): void {
    this.#session?.end();
  }

  get publishes(): IPublishPacket[] {
    return this.received.filter((packet) => packet.cmd === 'publish');
  }
}

const message = (messageId: string, more: Partial<CloudMessage> = {}): CloudMessage => ({
  messageId,
  to: '/devices/d1/messages/devicebound',
  ack: 'full',
  properties: {},
  body: Buffer.from(messageId),
  ...more,
});
const bodies = (client: Client): string[] => client.publishes.map(({ payload }) => payload.toString());
const publish = (topic: string, more: Partial<IPublishPacket> = {}): IPublishPacket => ({
  cmd: 'publish',
  topic,
  payload: 'x',
  qos: 0,
  dup: false,
  retain: false,
  ...more,
});

describe('cloud-to-device messages', () => {
  it('come with their properties in the topic, and are complete with PUBACK', () => {
    const client = new Client();
    client.subscribe();
    const expiresAt = clock.now() + 60_000;
    device.mailbox.enqueue(message('m/1', { properties: { 'a b': 'c&d' }, contentType: 'text/plain', expiresAt }));

    const [packet] = client.publishes;
    expect(packet).toMatchObject({ qos: 1, dup: false, messageId: 1, retain: false });
    expect(packet?.topic).toBe(
      'devices/d1/messages/devicebound/%24.mid=m%2F1&%24.to=%2Fdevices%2Fd1%2Fmessages%2Fdevicebound' +
        '&%24.exp=2026-01-01T00%3A01%3A00.0000000Z&%24.ct=text%2Fplain&iothub-ack=full&a%20b=c%26d',
    );
    client.send({ cmd: 'puback', messageId: 1 });

    expect(device.mailbox.size).toBe(0);
    expect(hub.feedback.receive()?.records).toMatchObject([{ originalMessageId: 'm/1', statusCode: 'Success' }]);
  });

  it('wait for the return of a persistent session, in order, and come again when they were not acknowledged', async () => {
    const first = new Client();
    first.subscribe();
    device.mailbox.enqueue(message('a'));
    first.cut();
    device.mailbox.enqueue(message('b'));

    const second = new Client();
    expect(second.sessionPresent).toBe(true);
    expect(second.publishes.map(({ payload, dup, messageId }) => [payload.toString(), dup, messageId])).toEqual([
      ['a', true, 1],
      ['b', false, 2],
    ]);
    second.send({ cmd: 'puback', messageId: 2 });
    await clock.advance(60_000);

    expect(bodies(second)).toEqual(['a', 'b', 'a']);
    second.send({ cmd: 'puback', messageId: 1 });
    expect(device.mailbox.size).toBe(0);
    second.send({ cmd: 'puback', messageId: 77 }); // never sent: nothing happens
  });

  it('go to the connection that takes another’s place', () => {
    const first = new Client();
    first.subscribe();
    device.mailbox.enqueue(message('a'));

    const second = new Client();

    expect(first.isClosed).toBe(true);
    expect(bodies(second)).toEqual(['a']);
    first.send({ cmd: 'puback', messageId: 1 });
    expect(device.mailbox.size).toBe(1);
  });

  it('are complete once they are sent at QoS 0, and not sent at all without a subscription', () => {
    const client = new Client();
    device.mailbox.enqueue(message('a'));
    expect(client.publishes).toEqual([]);

    client.subscribe(0);
    expect([bodies(client), device.mailbox.size]).toEqual([['a'], 0]);
    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['devices/d1/messages/devicebound/#'] });
    device.mailbox.enqueue(message('b'));

    expect([bodies(client), device.mailbox.size]).toEqual([['a'], 1]);
  });

  it('find a session that the emulator’s restart brought back, and none after a clean one', () => {
    new Client().subscribe();
    hubs = new Hubs({ throttle: false }, world);
    hub = hubs.get('hub1') ?? hub;
    device = hub.devices.require('d1');
    device.mailbox.enqueue(message('a'));

    const client = new Client();
    expect([client.sessionPresent, bodies(client)]).toEqual([true, ['a']]);
    expect(new Client({ clean: true }).sessionPresent).toBe(false);
    expect(new Client().sessionPresent).toBe(false);
  });

  it('end with a deleted device, and none comes to one of the same name', () => {
    const client = new Client();
    client.subscribe();
    device.mailbox.enqueue(message('a'));

    hub.devices.delete('d1', undefined);
    client.cut();
    device = hub.devices.create({ deviceId: 'd1' });

    const next = new Client();
    next.subscribe();
    expect([next.sessionPresent, next.publishes, device.mailbox.size]).toEqual([false, [], 0]);
  });
});

describe('a will', () => {
  const will = (more: object = {}): IConnectPacket['will'] => ({
    topic: 'devices/d1/messages/events/%24.ct=text&a=b',
    payload: Buffer.from('bye'),
    qos: 1,
    retain: true,
    ...more,
  });

  it('is sent when the connection ends without DISCONNECT, and only then', () => {
    const client = new Client({ will: will() });
    client.send({ cmd: 'disconnect' });
    client.cut();
    expect(published).toEqual([]);

    new Client({ will: will() }).cut();

    expect(published).toEqual([
      {
        source: 'Telemetry',
        deviceId: 'd1',
        generationId: hub.devices.get('d1')?.identity.generationId,
        system: { contentType: 'text' },
        properties: { a: 'b', 'mqtt-retain': 'true', 'iothub-MessageType': 'Will' },
        body: Buffer.from('bye'),
        authentication: { scope: 'device', type: 'sas' },
      },
    ]);
  });

  it.each([
    ['another topic', { topic: 'devices/d2/messages/events/' }],
    ['a twin topic', { topic: '$iothub/twin/GET/?$rid=1' }],
    ['QoS 2', { qos: 2 }],
    ['more than 256 KB', { payload: Buffer.alloc(262_145) }],
  ])('with %s is refused', (_what, more) => {
    expect(new Client({ will: will(more) }).returnCode).toBe(5);
  });
});

describe('telemetry', () => {
  it('tells retained messages by a property, and drops what only the hub says', () => {
    const client = new Client();

    client.send(publish('devices/d1/messages/events/%24.mid=7&%24.to=x&%24.exp=y&a=b&__proto__=c', { retain: true }));

    expect(published[0]?.system).toEqual({ messageId: '7' });
    expect(Object.entries(published[0]?.properties ?? {})).toEqual([
      ['a', 'b'],
      ['__proto__', 'c'],
      ['mqtt-retain', 'true'],
    ]);
  });

  it('is acknowledged once it is taken, and closes the connection when it is too large', () => {
    const client = new Client();
    const topic = 'devices/d1/messages/events/';
    client.send(publish(topic, { qos: 1, messageId: 3, payload: 'x'.repeat(262_144) }));
    expect(client.received).toEqual([{ cmd: 'puback', messageId: 3 }]);

    expect(() => client.send(publish(`${topic}a=`, { payload: 'x'.repeat(262_144) }))).toThrow('262144');
    expect(published).toHaveLength(1);
  });
});

it('holds five subscriptions, and grants QoS 1 at most', () => {
  const client = new Client();
  client.send({
    cmd: 'subscribe',
    messageId: 1,
    subscriptions: [
      { topic: '$iothub/methods/POST/#', qos: 2 },
      { topic: '$iothub/twin/res/#', qos: 0 },
    ],
  });

  expect(client.received).toEqual([{ cmd: 'suback', messageId: 1, granted: [1, 0] }]);
});

describe('a module', () => {
  const connect = (of: Device, path: string, more: Partial<IConnectPacket> = {}): Client =>
    new Client({
      clientId: 'd1/m1',
      username: `${hub.hostName}/d1/m1/?api-version=2021-04-12`,
      password: Buffer.from(tokenFor(of, path)),
      ...more,
    });

  it('connects with its own key and nobody else’s, and has its own topics', () => {
    const module = hub.devices.create({ deviceId: 'd1', moduleId: 'm1' });
    const other = hub.devices.create({ deviceId: 'd1', moduleId: 'm2' });
    expect(connect(device, 'devices/d1').returnCode).toBe(5);
    expect(connect(device, 'devices/d1/modules/m1').returnCode).toBe(5);
    expect(connect(other, 'devices/d1/modules/m1').returnCode).toBe(5);
    expect(connect(other, 'devices/d1/modules/m2').returnCode).toBe(5);
    expect(new Client({ password: Buffer.from(tokenFor(module, 'devices/d1/modules/m1')) }).returnCode).toBe(5);

    const client = connect(module, 'devices/d1/modules/m1');
    expect([client.returnCode, module.connectionState, device.connectionState]).toEqual([
      0,
      'Connected',
      'Disconnected',
    ]);
    client.send(publish('devices/d1/modules/m1/messages/events/'));

    expect(published).toMatchObject([{ moduleId: 'm1', authentication: { scope: 'module', type: 'sas' } }]);
  });

  it('cannot connect when its device is disabled', () => {
    const module = hub.devices.create({ deviceId: 'd1', moduleId: 'm1' });
    hub.devices.update({ deviceId: 'd1', status: 'disabled' }, undefined);

    expect(connect(module, 'devices/d1/modules/m1').returnCode).toBe(5);
  });
});

it('remembers the model that a device names, and refuses what is none', () => {
  const username = (model: string): string => `${hub.hostName}/d1/?api-version=2021-04-12&model-id=${model}`;

  expect(new Client({ username: username('dtmi:com:example:T;1') }).returnCode).toBe(0);
  expect(new Client({ username: username('thermostat') }).returnCode).toBe(5);

  expect(device.modelId).toBe('dtmi:com:example:T;1');
});

const twinGet = (rid: number): IPublishPacket => publish(`$iothub/twin/GET/?$rid=${rid}`);

it('acknowledges what asks for the twin, and what changes it, before it answers', () => {
  const client = new Client();
  client.subscribe(0, '$iothub/twin/res/#');
  client.received.length = 0;

  client.send({ ...twinGet(1), qos: 1, messageId: 5 });
  client.send(publish('$iothub/twin/PATCH/properties/reported/?$rid=2', { payload: '{"a":1}', qos: 1, messageId: 6 }));

  expect(client.received).toMatchObject([
    { cmd: 'puback', messageId: 5 },
    { cmd: 'publish', topic: '$iothub/twin/res/200/?$rid=1' },
    { cmd: 'puback', messageId: 6 },
    { cmd: 'publish', topic: '$iothub/twin/res/204/?$rid=2&$version=2' },
  ]);
});
const strike = (operation: string, fault: Fault): void =>
  void world.faults.add({ operation, hub: '*', deviceId: '*', rate: 1, seed: 1, times: 1, fault });

it('does to packets what a fault says, and goes on after it', async () => {
  const client = new Client();
  client.subscribe(0, '$iothub/twin/res/#');
  strike('mqtt.twin', { kind: 'status', status: 503 });
  client.send(twinGet(1));
  client.send(twinGet(2));
  expect(client.publishes.map(({ topic }) => topic)).toEqual([
    '$iothub/twin/res/503/?$rid=1',
    '$iothub/twin/res/200/?$rid=2',
  ]);

  strike('mqtt.publish', { kind: 'delay', ms: 500 });
  client.send(publish('devices/d1/messages/events/', { qos: 1, messageId: 7 }));
  expect(client.received.at(-1)?.cmd).toBe('publish');
  await clock.advance(500);
  expect(client.received.at(-1)).toEqual({ cmd: 'puback', messageId: 7 });

  strike('mqtt.publish', { kind: 'drop' });
  client.send(publish('devices/d1/messages/events/'));
  expect(client.isClosed).toBe(true);
  expect(published).toHaveLength(1);
});

it('never says a word again on a connection that a fault half closes', () => {
  const client = new Client();
  client.subscribe(0, '$iothub/twin/res/#');
  strike('mqtt.twin', { kind: 'halfClose' });
  const before = client.received.length;

  client.send(twinGet(1));
  client.send({ cmd: 'pingreq' });
  client.send(twinGet(2));

  expect(client.received).toHaveLength(before);
  expect(client.isClosed).toBe(false);
});

it('keeps telemetry over the limit waiting for its turn, and refuses twin reads once too many wait', async () => {
  hubs = new Hubs({ throttle: true }, (world = newWorld({ clock })));
  hub = open();
  device = hub.devices.create({ deviceId: 'd1' });
  const client = new Client();
  client.subscribe(0, '$iothub/twin/res/#');
  const pubacks = (): number => client.received.filter(({ cmd }) => cmd === 'puback').length;

  for (let i = 1; i <= 101; i++) client.send(publish('devices/d1/messages/events/', { qos: 1, messageId: i }));
  expect(pubacks()).toBe(100);
  await clock.advance(10);
  expect(pubacks()).toBe(101);

  for (let i = 1; i <= 1101; i++) client.send(twinGet(i));
  expect(client.publishes.at(-1)?.topic).toBe('$iothub/twin/res/429/?$rid=1101');
});
