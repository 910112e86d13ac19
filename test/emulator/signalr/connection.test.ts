import { ClientConnection, type ConnectionOwner } from '../../../emulator/signalr/connection';
import { invocationOf, type Payload } from '../../../emulator/signalr/protocols';
import type { Transport } from '../../../emulator/signalr/transports/transport';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const SEPARATOR = '\u001e';
const HANDSHAKE = Buffer.from(`{"protocol":"json","version":1}${SEPARATOR}`);

/** A connection whose transport writes down what it is told. */
function connectionOf(transport: Partial<Transport> = {}) {
  const told: string[] = [];
  const owner: ConnectionOwner = {
    limits: { clientTimeoutMs: 30_000 },
    opened: () => undefined,
    closed: () => void told.push('closed'),
    forget: () => void told.push('forgotten'),
  };
  const sent: Transport = {
    isBinary: true,
    isPolled: false,
    send: (payload: Payload) => told.push(payload.toString()) > 0,
    end: () => void told.push('end'),
    cut: () => void told.push('cut'),
    ...transport,
  };
  const connection = new ClientConnection(owner, 'ann');
  return { connection, told, attach: () => connection.attach(sent) };
}
function opened(transport: Partial<Transport> = {}) {
  const made = connectionOf(transport);
  made.attach();
  made.connection.receive(HANDSHAKE);
  made.told.length = 0;
  return made;
}

beforeEach(() => void jest.useFakeTimers({ now: NOW, doNotFake: ['setImmediate', 'nextTick'] }));
afterEach(() => void jest.useRealTimers());

it('sends pings after silence, and only then', () => {
  const { connection, told } = opened();

  connection.checkTime(NOW + 14_999);
  expect(told).toEqual([]);
  connection.checkTime(NOW + 15_000);
  expect(told).toEqual([`{"type":6}${SEPARATOR}`]);
});

it('is closed with a reason when its client was not heard for its time, and not before', () => {
  const { connection, told } = opened();

  jest.setSystemTime(NOW + 20_000);
  connection.receive(Buffer.from(`{"type":6}${SEPARATOR}`));
  connection.checkTime(NOW + 50_000);
  expect(connection.isOpen).toBe(true);
  connection.checkTime(NOW + 50_001);

  expect(told.slice(-3)).toEqual([expect.stringContaining('ClientTimeoutInterval'), 'closed', 'end']);
});

it('of a client that polls gets no pings, and lives as long as that asks', () => {
  let askedAt = NOW;
  const { connection, told } = connectionOf();
  connection.attach({
    isBinary: true,
    isPolled: true,
    get askedAt() {
      return askedAt;
    },
    send: () => true,
    end: () => undefined,
    cut: () => undefined,
  });
  connection.receive(HANDSHAKE);

  askedAt = NOW + 25_000;
  connection.checkTime(NOW + 50_000);
  expect(connection.isOpen).toBe(true);
  connection.checkTime(NOW + 60_000);

  expect([connection.isOpen, told]).toEqual([false, ['closed']]);
});

it.each([
  ['that never came back', () => connectionOf()],
  [
    'that said nothing',
    () => {
      const made = connectionOf();
      made.attach();
      return made;
    },
  ],
])('is forgotten 15 s after a client %s', (_, make) => {
  const { connection, told } = make();

  connection.checkTime(NOW + 15_000);
  expect(told).toEqual([]);
  connection.checkTime(NOW + 15_001);

  expect(told).toContain('forgotten');
});

it.each([
  ['no handshake', `hello${SEPARATOR}`, 'Expected a handshake'],
  ['an unknown protocol', `{"protocol":"xml","version":1}${SEPARATOR}`, "The protocol 'xml'"],
])('answers %s with an error and ends', (_, text, problem) => {
  const { connection, told, attach } = connectionOf();
  attach();

  connection.receive(Buffer.from(text));

  expect(told).toEqual([expect.stringContaining(problem), 'closed', 'end']);
});

it('carries MessagePack only where bytes can go', () => {
  const { connection, told, attach } = connectionOf({ isBinary: false });
  attach();

  connection.receive(Buffer.from(`{"protocol":"messagepack","version":1}${SEPARATOR}`));

  expect(told[0]).toContain("does not support 'Binary' transfer format");
});

it('has one transport, and none after its end', () => {
  const { connection, attach } = connectionOf();

  expect([attach(), attach()]).toEqual([true, false]);
  connection.close();
  expect(attach()).toBe(false);
});

it('lets go of a client that reads too slowly, and says nothing to one that is muted', () => {
  const slow = opened({ send: () => false });
  slow.connection.send(invocationOf('t', []));
  expect(slow.told).toContain('cut');

  const muted = opened();
  muted.connection.mute();
  muted.connection.send(invocationOf('t', []));
  expect(muted.told).toEqual([]);
});
