import fc from 'fast-check';
import { types, type Connection, type EventContext, type Sender } from 'rhea';
import {
  arrayOf,
  clientOn,
  frame,
  HEADER,
  nil,
  opening,
  performative,
  soon,
  text,
  uint,
  yes,
} from '../../support/amqp-bytes';
import { eventually } from '../../support/eventually';
import { casesOf, closes, inLanes, mutated, SOON_MS } from '../../support/fuzz';
import { rest } from '../../support/fuzz-http';
import { expectNoLeak, GROWTH_BYTES } from '../../support/leaks';
import { OwnEmulator, sasOf } from '../../support/own-emulator';

const KEY = Buffer.alloc(32, 5).toString('base64');
const WIDTH = 16;
/** Long enough for an answer to come on loopback, short enough for hundreds of cases. */
const QUIET_MS = 15;
/** What rhea prints of its own accord when a peer breaks the protocol (rhea/lib/link.js, session.js, terminus.js). */
const PRINTED =
  /^(Received transfer when credit was -?\d+|ERROR: received flow with drain set.*|Unknown terminus: .*|ERROR: Next pending delivery not found.*|\[connection-\d+\] error on .*)$/gm;

let emulator: OwnEmulator;
let events: string;

beforeAll(async () => {
  emulator = await OwnEmulator.start();
  events = 'fuzz.servicebus.azure.test';
  const authentication = { symmetricKey: { primaryKey: KEY, secondaryKey: KEY } };
  for (const deviceId of ['good', 'd1']) {
    expect(await rest(emulator, 'PUT', `/devices/${deviceId}`, { deviceId, authentication })).toMatchObject({
      status: 200,
    });
  }
});
afterAll(() => emulator.stop());

/** Puts a token, as every client does first. */
async function signIn(connection: Connection, audience: string, token: string): Promise<void> {
  const replies = connection.open_receiver({ source: '$cbs', credit_window: 10 });
  const requests = connection.open_sender('$cbs');
  await soon(requests, 'sendable');
  const answered = soon(replies, 'message');
  requests.send({
    message_id: '1',
    reply_to: 'cbs',
    application_properties: { operation: 'put-token', type: 'servicebus.windows.net:sastoken', name: audience },
    body: token,
  });
  const [{ message }] = (await answered) as [EventContext];
  expect(message?.application_properties).toMatchObject({ 'status-code': 200 });
}

/** How one message ended. */
async function outcomeOf(sender: Sender, message: Parameters<Sender['send']>[0]): Promise<string> {
  const ended = Promise.race([
    soon(sender, 'accepted').then(() => 'accepted'),
    soon(sender, 'rejected').then(([context]) => {
      const { delivery } = context as EventContext;
      return (delivery?.remote_state as unknown as { error: { condition: string } }).error.condition;
    }),
  ]);
  sender.send(message);
  return ended;
}

/** A device that signs in, sends a small and a large message, and asks for its twin. */
async function device(connection: Connection): Promise<void> {
  const host = emulator.hostName;
  await signIn(connection, `${host}/devices/d1`, sasOf(`${host}/devices/d1`, KEY));
  const telemetry = connection.open_sender('/devices/d1/messages/events');
  const requests = connection.open_sender('/devices/d1/twin');
  const answers = connection.open_receiver('/devices/d1/twin');
  connection.open_receiver('/devices/d1/messages/devicebound');
  connection.open_receiver('/devices/d1/methods/devicebound');
  await soon(telemetry, 'sendable');
  expect(await outcomeOf(telemetry, { body: 'x', application_properties: { a: '1' } })).toBe('accepted');
  expect(await outcomeOf(telemetry, { body: 'y'.repeat(200_000) })).toBe('accepted');
  const answered = soon(answers, 'message');
  requests.send({ correlation_id: '1', message_annotations: { operation: 'GET' }, body: '' });
  const [{ message }] = (await answered) as [EventContext];
  expect(message?.message_annotations).toMatchObject({ status: 200 });
}

/** A service that sends a message and reads feedback. */
async function service(connection: Connection): Promise<void> {
  await signIn(connection, emulator.hostName, emulator.ownerToken());
  const sender = connection.open_sender('/messages/devicebound');
  connection.open_receiver('/messages/serviceBound/feedback');
  await soon(sender, 'sendable');
  expect(await outcomeOf(sender, { to: '/devices/d1/messages/devicebound', body: 'x' })).toBe('accepted');
}

/** A reader of the built-in endpoint, from the beginning. */
async function reader(connection: Connection): Promise<void> {
  const resource = `sb://${events}/fuzz`;
  const key = Buffer.from(emulator.policyKey).toString('base64'); // Event Hubs signs with the key's text
  await signIn(connection, resource, sasOf(resource, key, { skn: 'iothubowner' }));
  const requests = connection.open_sender('$management');
  connection.open_receiver('$management');
  await soon(requests, 'sendable');
  requests.send({ message_id: '2', application_properties: { operation: 'READ', name: 'fuzz', type: 'x' }, body: '' });
  const filter = types.wrap_described("amqp.annotation.x-opt-offset > '-1'", 'apache.org:selector-filter:string');
  const receiver = connection.open_receiver({
    source: {
      address: 'fuzz/ConsumerGroups/$Default/Partitions/0',
      filter: { 'apache.org:selector-filter:string': filter },
    },
  });
  await soon(receiver, 'receiver_open');
}

/** Runs a client. @returns what it has sent, from the first byte on */
async function sentBy(host: string, client: (connection: Connection) => Promise<void>): Promise<Buffer> {
  const socket = await emulator.dial(5671, host);
  const chunks: Buffer[] = [];
  const write: (chunk: Buffer) => boolean = socket.write.bind(socket);
  socket.write = (chunk: unknown) => {
    chunks.push(chunk as Buffer); // as rhea writes it
    return write(chunk as Buffer);
  };
  const connection = clientOn(socket, host);
  await client(connection);
  connection.close();
  await soon(connection, 'connection_close');
  socket.destroy();
  return Buffer.concat(chunks);
}

/** Sends bytes to a host, and goes. */
async function throwAt(host: string, bytes: Buffer, quietMs = QUIET_MS): Promise<boolean> {
  const socket = await emulator.dial(5671, host);
  socket.write(bytes);
  const closed = await closes(socket, quietMs);
  socket.destroy();
  return closed;
}

/** Well-behaved clients are served; nothing was complained of. */
async function expectHealth(): Promise<void> {
  await sentBy(emulator.hostName, device);
  expect(await rest(emulator, 'GET', '/devices/good')).toMatchObject({ status: 200 });
  expect(emulator.stderr.replace(PRINTED, '').trim()).toBe('');
  expect(emulator.isAlive).toBe(true);
}

/** Takes a transcript apart; protocol headers count as frames. */
function framesOf(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = bytes.subarray(at, at + 4).toString('latin1') === 'AMQP' ? 8 : bytes.readUInt32BE(at);
    frames.push(bytes.subarray(at, at + size));
    at += size;
  }
  return frames;
}

/** A transcript with one frame changed, its size put right, or with frames swapped, left out or sent twice. */
const disturbed = (frames: readonly Buffer[]): fc.Arbitrary<Buffer> => {
  const index = fc.nat({ max: frames.length - 1 });
  const replaced = index.chain((at) =>
    mutated([frames[at]?.subarray(8) ?? Buffer.alloc(0)]).map((body) => {
      const head = Buffer.from(frames[at]?.subarray(0, 8) ?? HEADER);
      if (head.toString('latin1', 0, 4) !== 'AMQP') head.writeUInt32BE(body.length + 8);
      return Buffer.concat(frames.with(at, Buffer.concat([head, body])));
    }),
  );
  const swapped = fc.tuple(index, index).map(([a, b]) => {
    const [one, other] = [frames[a] ?? HEADER, frames[b] ?? HEADER];
    return Buffer.concat(frames.with(a, other).with(b, one));
  });
  const without = index.map((at) => Buffer.concat(frames.toSpliced(at, 1)));
  const twice = index.map((at) => Buffer.concat(frames.toSpliced(at, 0, frames[at] ?? HEADER)));
  return fc.oneof({ weight: 5, arbitrary: replaced }, swapped, without, twice);
};

it('takes whatever a device, a service or a reader sends', async () => {
  const goods: readonly (readonly [host: string, bytes: Buffer])[] = [
    [emulator.hostName, await sentBy(emulator.hostName, device)],
    [emulator.hostName, await sentBy(emulator.hostName, service)],
    [events, await sentBy(events, reader)],
  ];
  const cases = goods.flatMap(([host, good], salt) =>
    casesOf(fc.oneof(disturbed(framesOf(good)), disturbed(framesOf(good)), mutated([good])), 80, salt).map(
      (bytes) => [host, bytes] as const,
    ),
  );
  const burst = (): Promise<void> =>
    inLanes(cases, WIDTH, async ([host, bytes]) => {
      await throwAt(host, bytes);
    });

  await expectNoLeak(emulator, burst);
  await expectHealth();
});

const deep = (times: number): Buffer => Buffer.concat(Array.from({ length: times }, () => Buffer.from([0, 0x53])));

it.each<readonly [what: string, body: Buffer]>([
  ['a list that says it is endless', performative(0x12, [text('a')], 0xfffffff0)],
  ['a list that says it is very long', performative(0x12, [text('a')], 30_000_000)],
  ['an array of values without bytes', performative(0x10, [arrayOf(0x40, 0xffffffff)])],
  ['an array of empty lists', performative(0x10, [arrayOf(0x45, 0xffffffff)])],
  ['a disposition of all deliveries there are', performative(0x15, [yes, uint(0), uint(0xffffffff), yes])],
  ['descriptors in descriptors', performative(0x12, [deep(15_000)])],
  ['a flow of a link that is not there', performative(0x13, [uint(0), uint(1), uint(0), uint(1), uint(7)])],
  ['a transfer on a link that is not there', performative(0x14, [uint(7), uint(0)])],
  ['no performative at all', Buffer.from([0x71, 0, 0, 0, 0])],
  ['an unknown performative', performative(0x7f, [])],
  ['an attach of a nameless link', performative(0x12, [nil, nil, nil])],
])('closes at once on %s', async (_what, body) => {
  const bytes = Buffer.concat([opening(emulator.hostName), frame(body)]);
  const before = emulator.residentBytes();

  expect(await throwAt(emulator.hostName, bytes, SOON_MS)).toBe(true);
  expect(await rest(emulator, 'GET', '/devices/good')).toMatchObject({ status: 200 });

  expect(emulator.residentBytes() - before).toBeLessThan(GROWTH_BYTES);
  expect(emulator.isAlive).toBe(true);
});

it('reads on no frame, and no message, that is too large', async () => {
  const before = emulator.residentBytes();
  const endless = Buffer.concat([opening(emulator.hostName), Buffer.from([0x40, 0, 0, 0, 2, 0, 0, 0])]);
  const large = Buffer.alloc(1024 * 1024, 0x40);

  const socket = await emulator.dial(5671);
  socket.write(endless);
  socket.write(large);
  expect(await closes(socket, SOON_MS)).toBe(true);

  expect(await throwAt(emulator.hostName, Buffer.from('GET / HTTP/1.1\r\n\r\n'), SOON_MS)).toBe(true);
  const sent = await messageOf(2 * 1024 * 1024);
  expect(sent).not.toBe('accepted');
  expect(emulator.residentBytes() - before).toBeLessThan(GROWTH_BYTES);
  await expectHealth();
});

/** How a device's message of this size ends. */
async function messageOf(size: number): Promise<string> {
  const socket = await emulator.dial(5671);
  const connection = clientOn(socket, emulator.hostName);
  await signIn(connection, `${emulator.hostName}/devices/d1`, sasOf(`${emulator.hostName}/devices/d1`, KEY));
  const sender = connection.open_sender('/devices/d1/messages/events');
  await soon(sender, 'sendable');
  const end = await Promise.race([
    outcomeOf(sender, { body: 'x'.repeat(size) }),
    closes(socket, SOON_MS).then((closed) => (closed ? 'closed' : 'nothing')),
  ]);
  socket.destroy();
  return end;
}

it('bounds what one connection makes it remember: sessions, links, and frames that never end', async () => {
  const before = emulator.residentBytes();
  const begin = frame(performative(0x11, [nil, uint(0), uint(1), uint(1)]));
  const begins = Buffer.concat(Array.from({ length: 2000 }, () => begin));
  const attaches = Buffer.concat(
    Array.from({ length: 6000 }, (_, i) => frame(performative(0x12, [text(`l${i}`), uint(i), yes]))),
  );

  expect(await throwAt(emulator.hostName, Buffer.concat([opening(emulator.hostName), begins]), SOON_MS)).toBe(true);
  expect(await throwAt(emulator.hostName, Buffer.concat([opening(emulator.hostName), attaches]), SOON_MS)).toBe(true);

  await expectHealth();
  expect(emulator.residentBytes() - before).toBeLessThan(GROWTH_BYTES);
});

it('keeps a quiet connection alive by empty frames, as the client asks', async () => {
  const socket = await emulator.dial(5671);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  const idle = 500;
  const fields = [text('quiet'), text(emulator.hostName), uint(65_536), nil, uint(idle)];

  socket.write(Buffer.concat([HEADER, frame(performative(0x10, fields))]));

  const heartbeat = Buffer.from([0, 0, 0, 8, 2, 0, 0, 0]);
  await eventually(() => expect(Buffer.concat(chunks).subarray(-8)).toEqual(heartbeat));
  expect(emulator.isAlive).toBe(true);
  socket.destroy();
});

it('refuses an address with a stray % sign, and serves the connection on', async () => {
  const socket = await emulator.dial(5671);
  const connection = clientOn(socket, emulator.hostName);
  await signIn(connection, emulator.hostName, emulator.ownerToken());
  const sender = connection.open_sender('/messages/devicebound');
  await soon(sender, 'sendable');

  const stray = await outcomeOf(sender, { to: '/devices/100%/messages/devicebound', body: 'x' });
  const plain = await outcomeOf(sender, { to: '/devices/good/messages/devicebound', body: 'x' });

  expect([stray, plain]).toEqual(['com.microsoft:argument-error', 'accepted']);
  socket.destroy();
});

it('refuses a consumer group with a stray % sign', async () => {
  const socket = await emulator.dial(5671, events);
  const connection = clientOn(socket, events);
  const receiver = connection.open_receiver('fuzz/ConsumerGroups/100%/Partitions/0');

  const [{ receiver: refused }] = (await soon(receiver, 'receiver_error')) as [EventContext];

  expect(refused?.error).toMatchObject({ condition: 'amqp:not-found' });
  socket.destroy();
});
