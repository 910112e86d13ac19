import type { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { generate, parser, type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet';
import { casesOf, closes, inLanes, mutated, sameToken } from '../../support/fuzz';
import { rest } from '../../support/fuzz-http';
import { expectNoLeak, GROWTH_BYTES } from '../../support/leaks';
import { OwnEmulator, sasOf } from '../../support/own-emulator';

const KEY = Buffer.alloc(32, 5).toString('base64');
/** Of the device `d%31`, whose id is `d1` once it is decoded. */
const OTHER_KEY = Buffer.alloc(32, 6).toString('base64');
const DEVICES = ['good', 'd1', 'd%31', ...Array.from({ length: 8 }, (_, i) => `fuzz${i}`)];
/** Connections at a time. */
const WIDTH = 16;
/** Long enough for an answer to come on loopback, short enough for hundreds of cases. */
const QUIET_MS = 15;

let emulator: OwnEmulator;

beforeAll(async () => {
  emulator = await OwnEmulator.start();
  const devices = DEVICES.map((id) => {
    const key = id === 'd%31' ? OTHER_KEY : KEY;
    const authentication = { symmetricKey: { primaryKey: key, secondaryKey: key } };
    return { id, importMode: 'create', authentication };
  });
  expect(await rest(emulator, 'POST', '/devices', devices)).toMatchObject({ status: 200 });
});
afterAll(() => emulator.stop());

const connectPacket = (deviceId: string, more: Partial<IConnectPacket> = {}): Buffer =>
  generate({
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60, clientId: deviceId },
    username: `${emulator.hostName}/${deviceId}/?api-version=2021-04-12`,
    password: Buffer.from(sasOf(`${emulator.hostName}/devices/${deviceId}`, KEY)),
    ...more,
  });

const publish = (topic: string, payload: string | Buffer, more: Partial<IPublishPacket> = {}): Buffer =>
  generate({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false, messageId: 9, ...more });

/** The next packet; throws when the connection ends before. */
async function nextPacket(socket: TLSSocket): Promise<Packet> {
  const packets = parser({ protocolVersion: 4 });
  const came = new Promise<Packet>((resolve, reject) => {
    packets.once('packet', resolve);
    socket.once('close', () => reject(new Error('the connection was closed')));
  });
  socket.on('data', (bytes: Buffer) => packets.parse(bytes));
  return came;
}

async function admitted(deviceId: string): Promise<TLSSocket> {
  const socket = await emulator.dial(8883);
  const answer = nextPacket(socket);
  socket.write(connectPacket(deviceId));
  expect(await answer).toMatchObject({ cmd: 'connack', returnCode: 0 });
  return socket;
}

/** A well-behaved client is served, nothing was complained of, and no socket or memory is left behind. */
async function expectHealth(): Promise<void> {
  const socket = await admitted('good');
  const acknowledged = nextPacket(socket);
  socket.write(publish('devices/good/messages/events/', 'hello', { qos: 1 }));
  expect(await acknowledged).toMatchObject({ cmd: 'puback', messageId: 9 });
  socket.destroy();
  expect(await rest(emulator, 'GET', '/devices/good')).toMatchObject({ status: 200 });
  expect(emulator.stderr).toBe('');
  expect(emulator.isAlive).toBe(true);
}

it('takes whatever a connection begins with', async () => {
  const good = Buffer.concat([connectPacket('d1'), publish('devices/d1/messages/events/', 'x')]);
  const cases = casesOf(fc.oneof(fc.uint8Array({ maxLength: 300 }).map(Buffer.from), mutated([good])), 150);

  await expectNoLeak(emulator, () =>
    inLanes(cases, WIDTH, async (bytes) => {
      const socket = await emulator.dial(8883);
      socket.write(bytes);
      await closes(socket, QUIET_MS);
      socket.destroy();
    }),
  );

  await expectHealth();
});

it('admits no device by a password that was tampered with', async () => {
  const password = sasOf(`${emulator.hostName}/devices/d1`, KEY);
  const cases = casesOf(mutated([Buffer.from(password)]), 250).filter((each) => !sameToken(each.toString(), password));

  await inLanes(cases, WIDTH, async (tampered) => {
    const socket = await emulator.dial(8883);
    const answer = nextPacket(socket);
    socket.write(connectPacket('d1', { password: tampered }));
    expect([tampered.toString(), await answer]).toMatchObject([tampered.toString(), { returnCode: 5 }]);
    socket.destroy();
  });

  await expectHealth();
});

it('admits no device by the token of one whose id, decoded again, is the same', async () => {
  const resources = [
    '/devices/d%31',
    '/devices/d%2531',
    '/devices/%2564%2531',
    '/devices',
    '',
    '/devices/',
    '/devices/d%31/',
  ];

  for (const resource of resources) {
    const password = Buffer.from(sasOf(`${emulator.hostName}${resource}`, OTHER_KEY));
    const socket = await emulator.dial(8883);
    const answer = nextPacket(socket);
    socket.write(connectPacket('d1', { password }));
    expect([resource, await answer]).toMatchObject([resource, { returnCode: 5 }]);
    socket.destroy();
  }
});

const goodPackets = (id: string): Buffer[] => [
  generate({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '$iothub/twin/res/#', qos: 0 }] }),
  generate({
    ...{ cmd: 'subscribe', messageId: 2 },
    subscriptions: [
      { topic: '$iothub/methods/POST/#', qos: 1 },
      { topic: `devices/${id}/messages/devicebound/#`, qos: 1 },
    ],
  }),
  generate({ cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['$iothub/methods/POST/#'] }),
  publish(`devices/${id}/messages/events/%24.ct=application%2Fjson&a=1`, '{"t":1}', { qos: 1 }),
  publish('$iothub/twin/GET/?$rid=1', ''),
  publish('$iothub/twin/PATCH/properties/reported/?$rid=2&$version=1', '{"a":{"b":[1,2,{"c":null}]}}'),
  publish('$iothub/methods/res/200/?$rid=3', '{"ok":true}'),
  generate({ cmd: 'pingreq' }),
  generate({ cmd: 'puback', messageId: 4 }),
  generate({ cmd: 'disconnect' }),
];

const topics = (id: string): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc
      .tuple(
        fc.constantFrom(
          `devices/${id}/messages/events/`,
          '$iothub/twin/PATCH/properties/reported/?$rid=',
          '$iothub/twin/GET/?$rid=',
          '$iothub/methods/res/',
          `devices/${id}/modules/m/messages/events/`,
        ),
        fc.string({ unit: 'binary', maxLength: 40 }),
      )
      .map((parts) => parts.join('')),
  );

const deep = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const reports = fc.oneof(
  fc.json().map((text) => text.replaceAll('"a"', '"__proto__"')),
  fc.constantFrom(
    ...['', ' ', '{', 'null', '[]', '"x"', '1e999', '{"a":1e999}', '{"__proto__":{"polluted":1}}', '{"$version":3}'],
    ...[
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{"a.b":1}',
      deep(10),
      deep(11),
      deep(20_000),
      '['.repeat(100_000),
    ],
    `{"a":"${'x'.repeat(40_000)}"}`,
    `{"a":"\\ud800"}`,
  ),
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);

it('takes whatever an admitted device sends', async () => {
  const id = 'fuzz0';
  const packet = fc.oneof(
    mutated(goodPackets(id)),
    mutated(goodPackets(id)),
    fc
      .tuple(topics(id), fc.constantFrom('', 'x', '{}'), fc.constantFrom(0, 1, 2))
      .map(([topic, payload, qos]) => published(topic, payload, qos)),
    reports.map((text) => publish('$iothub/twin/PATCH/properties/reported/?$rid=2', text)),
    fc.constantFrom(...goodPackets(id)),
  );
  const runs = casesOf(fc.array(packet, { minLength: 1, maxLength: 25 }), 80);
  const lanes = DEVICES.filter((each) => each.startsWith('fuzz'));

  await expectNoLeak(emulator, () =>
    inLanes(
      lanes.map((deviceId, lane) => ({ deviceId, mine: runs.filter((_, i) => i % lanes.length === lane) })),
      lanes.length,
      async ({ deviceId, mine }) => {
        for (const packets of mine) {
          const socket = await admitted(deviceId);
          socket.write(Buffer.from(Buffer.concat(packets).toString('latin1').replaceAll(id, deviceId), 'latin1'));
          await closes(socket, QUIET_MS);
          socket.destroy();
        }
      },
    ),
  );

  await expectHealth();
  for (const deviceId of DEVICES) {
    const { status, body } = await rest(emulator, 'GET', `/twins/${encodeURIComponent(deviceId)}`);
    expect(status).toBe(200);
    expect(depthOf(body)).toBeLessThan(30);
  }
  expect(JSON.stringify((await rest(emulator, 'GET', '/twins/good')).body)).not.toContain('polluted');
});

/** The generator refuses some topics that a socket can carry: they are put in as they are. */
function published(topic: string, payload: string, qos: number): Buffer {
  const name = Buffer.from(topic);
  const parts = [Buffer.from([name.length >> 8, name.length & 255]), name];
  if (qos > 0) parts.push(Buffer.from([0, 7]));
  const rest = Buffer.concat([...parts, Buffer.from(payload)]);
  const length = rest.length < 128 ? [rest.length] : [(rest.length & 127) | 128, rest.length >> 7];
  return Buffer.concat([Buffer.from([0x30 | (qos << 1), ...length]), rest]);
}

const depthOf = (value: unknown): number =>
  typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;

it('serves others while connections that never finish a packet are held open', async () => {
  const slow = await Promise.all(
    Array.from({ length: 60 }, async (_, i) => {
      const socket = await emulator.dial(8883);
      socket.write(Buffer.from([0x10, 0xff, 0xff, 0x03]));
      socket.write(Buffer.alloc(i * 1000, 0x41));
      return socket;
    }),
  );

  await expectHealth();

  for (const socket of slow) socket.destroy();
});

it('does not keep what a client would remember for ever: endless property bags and subscriptions', async () => {
  const before = emulator.residentBytes();
  for (let round = 0; round < 5; round++) {
    const socket = await admitted('fuzz1');
    for (let i = 0; i < 20; i++) {
      const bag = Array.from({ length: 1500 }, (_, k) => `k${i}${k}=${round}`).join('&');
      socket.write(publish(`devices/fuzz1/messages/events/${bag}`, 'x'));
    }
    socket.write(
      generate({
        ...{ cmd: 'subscribe', messageId: 5 },
        subscriptions: Array.from({ length: 2000 }, () => ({ topic: '$iothub/twin/res/#', qos: 0 as const })),
      }),
    );
    await closes(socket, 300);
    socket.destroy();
  }

  await expectHealth();
  expect(emulator.residentBytes() - before).toBeLessThan(GROWTH_BYTES * 2);
});
