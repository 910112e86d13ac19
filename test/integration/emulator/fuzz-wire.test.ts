import fc from 'fast-check';
import { casesOf, closes, inLanes, mutated, SOON_MS } from '../../support/fuzz';
import { rest } from '../../support/fuzz-http';
import { expectNoLeak } from '../../support/leaks';
import { OwnEmulator } from '../../support/own-emulator';

const WIDTH = 16;
const QUIET_MS = 25;
/** What a request may take to come (docs/emulator/limits-and-levers.md, "Settings"), and some. */
const PATIENCE_MS = 30_000 + SOON_MS;

let emulator: OwnEmulator;
/** Clients that say so little that a server waits for them, from the start of the file on. */
let slow: { readonly name: string; readonly closed: Promise<boolean> }[];

beforeAll(async () => {
  emulator = await OwnEmulator.start('--admin');
  expect(await rest(emulator, 'PUT', '/devices/good', { deviceId: 'good' })).toMatchObject({ status: 200 });
  const host = `Host: ${emulator.hostName}\r\n`;
  slow = await Promise.all([
    dripping('headers that never end', `GET /devices HTTP/1.1\r\n${host}`, () => 'X-A: b\r\n'),
    dripping('a header that never ends', `GET /devices HTTP/1.1\r\n${host}X-A: `, () => 'b'),
    dripping('a request line that never ends', 'GET /', () => 'a'),
    dripping('no byte at all', '', () => ''),
    dripping('a body that never ends', `POST /devices HTTP/1.1\r\n${host}Content-Length: 1000\r\n\r\n`, () => ' '),
    dripping(
      'chunks that never end',
      `POST /devices HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\n`,
      () => '1\r\n \r\n',
    ),
  ]);
});
afterAll(() => emulator.stop());

/** Sends a little every half second. */
async function dripping(name: string, begin: string, more: () => string): Promise<(typeof slow)[number]> {
  const socket = await emulator.dial(443);
  socket.write(begin);
  const timer = setInterval(() => socket.write(more()), 500);
  const closed = closes(socket, PATIENCE_MS).finally(() => {
    clearInterval(timer);
    socket.destroy();
  });
  return { name, closed };
}

/** A websocket frame of a client (RFC 6455, 5.2), masked with nothing. @param length what it says, when not the truth */
function websocketFrame(opcode: number, payload: Buffer, length = payload.length): Buffer {
  const head = Buffer.alloc(14);
  head.writeUInt8(0x80 | opcode, 0);
  head.writeUInt8(0x80 | 127, 1);
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

const MQTT_CONNECT = Buffer.from('100f00044d5154540402003c000378797a', 'hex');
const AMQP_HEADER = Buffer.from('AMQP\x03\x01\0\0', 'latin1');

const upgrade = (subprotocol: string): Buffer =>
  Buffer.from(
    `GET /$iothub/websocket HTTP/1.1\r\nHost: ${emulator.hostName}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
  );

it('takes whatever comes over a websocket', async () => {
  const opcodes = [0, 1, 2, 3, 8, 9, 10, 15];
  const payloads = [MQTT_CONNECT, AMQP_HEADER, Buffer.alloc(0), Buffer.alloc(200, 0xff), Buffer.from('\x03\xe8bye')];
  const frames = opcodes.flatMap((opcode) => payloads.map((payload) => websocketFrame(opcode, payload)));
  const huge = [2 ** 21 + 1, 2 ** 31, 2 ** 40, 2 ** 53].map((length) => websocketFrame(2, MQTT_CONNECT, length));
  const several = fc.array(fc.constantFrom(...frames), { minLength: 2, maxLength: 6 }).map((all) => Buffer.concat(all));
  const cases = [...frames, ...huge, ...casesOf(fc.oneof(mutated(frames), several), 150)];
  const burst = (): Promise<void> =>
    inLanes(
      cases.map((bytes, i) => ({ bytes, subprotocol: i % 2 === 0 ? 'mqtt' : 'AMQPWSB10' })),
      WIDTH,
      async ({ bytes, subprotocol }) => {
        const socket = await emulator.dial(443);
        socket.write(Buffer.concat([upgrade(subprotocol), bytes]));
        await closes(socket, QUIET_MS);
        socket.destroy();
      },
    );

  await expectNoLeak(emulator, burst);
  expect(await rest(emulator, 'GET', '/devices/good')).toMatchObject({ status: 200 });
  expect(emulator.stderr).toBe('');
  expect(emulator.isAlive).toBe(true);
});

it('closes a websocket whose frame says that it is too large, and does not wait for it', async () => {
  const socket = await emulator.dial(443);
  socket.write(Buffer.concat([upgrade('mqtt'), websocketFrame(2, MQTT_CONNECT, 2 ** 31)]));

  expect(await closes(socket, SOON_MS)).toBe(true);
});

it('cuts off who sends a request without an end, and serves the others', async () => {
  expect(await rest(emulator, 'GET', '/devices/good')).toMatchObject({ status: 200 });

  const ends = await Promise.all(slow.map(async ({ name, closed }) => [name, await closed] as const));

  expect(ends).toEqual(slow.map(({ name }) => [name, true]));
  expect(emulator.stderr).toBe('');
});
