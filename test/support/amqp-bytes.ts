import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { create_container, type Connection, type ConnectionOptions } from 'rhea';
import { SOON_MS } from './fuzz';

/** Protocol headers (OASIS AMQP 1.0, part 2, 2.2 and part 5, 5.3.1). */
export const HEADER = Buffer.from('AMQP\0\x01\0\0', 'latin1');

/** A frame with its size before it. @param body performative and payload */
export function frame(body: Buffer, channel = 0, type = 0): Buffer {
  const head = Buffer.from([0, 0, 0, 0, 2, type, channel >> 8, channel & 255]);
  head.writeUInt32BE(body.length + 8);
  return Buffer.concat([head, body]);
}

/** A performative: a described list (part 1, 1.6.22). @param count what it says that it holds */
export function performative(code: number, fields: readonly Buffer[], count = fields.length): Buffer {
  const content = Buffer.concat(fields);
  const head = Buffer.from([0, 0x53, code, 0xd0, 0, 0, 0, 0, 0, 0, 0, 0]);
  head.writeUInt32BE(content.length + 4, 4);
  head.writeUInt32BE(count, 8);
  return Buffer.concat([head, content]);
}

export const nil = Buffer.from([0x40]);
export const yes = Buffer.from([0x41]);

export function uint(value: number): Buffer {
  const bytes = Buffer.from([0x70, 0, 0, 0, 0]);
  bytes.writeUInt32BE(value, 1);
  return bytes;
}

export function text(value: string, code: 0xa1 | 0xa3 = 0xa1): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([code, bytes.length]), bytes]);
}

/** An array that says how many elements of a type it holds, without them. */
export function arrayOf(typeCode: number, count: number): Buffer {
  const bytes = Buffer.from([0xf0, 0, 0, 0, 5, 0, 0, 0, 0, typeCode]);
  bytes.writeUInt32BE(count, 5);
  return bytes;
}

/** Opens a connection to a host and a session on channel 0. */
export const opening = (host: string): Buffer =>
  Buffer.concat([
    HEADER,
    frame(performative(0x10, [text('fuzz'), text(host)])),
    frame(performative(0x11, [nil, uint(0), uint(1000), uint(1000)])),
  ]);

/** A connection of rhea's over a socket that is there already; what goes wrong is looked at by its events. */
export function clientOn(socket: TLSSocket, host: string): Connection {
  const connection = create_container().connect({
    hostname: host,
    username: 'anonymous', // which asks for SASL
    reconnect: false,
    connect: (_port: number, _host: string, _options: unknown, connected: () => void) => {
      setImmediate(connected);
      return socket;
    },
  } as unknown as ConnectionOptions); // rhea's types know no `connect` (rhea/lib/connection.js, connection_details)
  for (const event of [
    'connection_error',
    'disconnected',
    'error',
    'protocol_error',
    'session_error',
    'sender_error',
  ]) {
    connection.on(event, () => undefined);
  }
  // A socket that is destroyed says no 'end', and rhea's timers would keep the process from ending.
  socket.once('close', () => (connection as unknown as { _disconnected(): void })._disconnected());
  return connection;
}

/** Waits for an event of rhea's, at most a few seconds. */
export const soon = (emitter: NodeJS.EventEmitter, event: string): Promise<unknown[]> =>
  once(emitter, event, { signal: AbortSignal.timeout(SOON_MS) });
