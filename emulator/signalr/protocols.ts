import { type HubMessage, type IHubProtocol, type ILogger, JsonHubProtocol, MessageType } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import { encode } from '@msgpack/msgpack';

/** What goes over a transport: text for the JSON protocol and the handshake of it, bytes for MessagePack. */
export type Payload = string | Uint8Array;

export type ProtocolName = 'json' | 'messagepack';

/** Ends a JSON message, and the handshake of every protocol (dotnet/aspnetcore, SignalR HubProtocol.md). */
export const RECORD_SEPARATOR = '\u001e';
const SEPARATOR_BYTE = 0x1e;

/** The highest version of the protocols that is spoken: 2 adds messages of stateful reconnect, which nobody is offered. */
const HIGHEST_VERSION = 2;

const JSON_PROTOCOL = new JsonHubProtocol();
const MESSAGEPACK_PROTOCOL = new MessagePackHubProtocol();

/** A message to clients, written once for each protocol that somebody speaks. */
export class Outgoing {
  readonly #written = new Map<ProtocolName, Payload>();

  constructor(private readonly write: (protocol: ProtocolName) => Payload) {}

  in(protocol: ProtocolName): Payload {
    const written = this.#written.get(protocol) ?? this.write(protocol);
    this.#written.set(protocol, written);
    return written;
  }
}

const written = (message: HubMessage): Outgoing =>
  new Outgoing((protocol) =>
    protocol === 'json'
      ? JSON_PROTOCOL.writeMessage(message)
      : new Uint8Array(MESSAGEPACK_PROTOCOL.writeMessage(message)),
  );

/** A call of the client's method `target`, which answers nothing. */
export const invocationOf = (target: string, args: readonly unknown[]): Outgoing =>
  written({ type: MessageType.Invocation, target, arguments: [...args] });

export const PING = written({ type: MessageType.Ping });

/** Why a connection is closed, as its client is told. */
export interface Closing {
  readonly error?: string | undefined;
  /** Clients that reconnect by themselves do so only then. @default false */
  readonly allowReconnect?: boolean;
}

/** The official writer of MessagePack leaves out what only servers say of a closing, so this one message is written here. */
export const closeOf = ({ error, allowReconnect = false }: Closing): Outgoing =>
  new Outgoing((protocol) =>
    protocol === 'json'
      ? JSON_PROTOCOL.writeMessage({ type: MessageType.Close, ...(error !== undefined && { error }), allowReconnect })
      : withLength(encode([MessageType.Close, error ?? null, allowReconnect])),
  );

/** Before a message of MessagePack stands its length, 7 bits a byte, the lowest first. */
function withLength(bytes: Uint8Array): Uint8Array {
  const length: number[] = [];
  for (let left = bytes.length; length.length === 0 || left > 0; left = Math.floor(left / 128)) {
    length.push((left % 128) + (left >= 128 ? 128 : 0));
  }
  return Buffer.concat([Uint8Array.from(length), bytes]);
}

/** What a client asked for in its first message. @throws Error in words that it may be told */
export function handshakeOf(text: string): ProtocolName {
  const { protocol, version } = objectOf(text);
  if (protocol !== 'json' && protocol !== 'messagepack') {
    throw new Error(`The protocol '${String(protocol)}' is not supported.`);
  }
  if (typeof version !== 'number' || version < 1 || version > HIGHEST_VERSION) {
    throw new Error(`The server does not support version ${String(version)} of the '${protocol}' protocol.`);
  }
  return protocol;
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // as for any other text that is no handshake
  }
  throw new Error('Expected a handshake request from the client.');
}

/**
 * The official parsers are those of clients: they pass over calls of streams, and tell only their log. Here a client must
 * not wait for an answer that nobody will give.
 */
const REFUSE_UNKNOWN: ILogger = {
  log: (_level, text) => {
    throw new Error(text.replace(' ignored.', ' is not supported.'));
  },
};

/** Largest message of a client, and most that is kept of one that is not whole yet. */
const LARGEST_MESSAGE = 1024 * 1024;

/** Puts the bytes of one client together to messages: a transport may cut them anywhere. */
export class Incoming {
  #rest: Buffer = Buffer.alloc(0);

  /** @throws Error for what is too large */
  add(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#rest.length > LARGEST_MESSAGE) throw new Error('The maximum message size was exceeded.');
  }

  /** The text of the handshake; undefined while it is not whole. */
  handshake(): string | undefined {
    const end = this.#rest.indexOf(SEPARATOR_BYTE);
    return end < 0 ? undefined : this.#take(end + 1).toString('utf8', 0, end);
  }

  /** All whole messages. @throws Error for what is none, or is of a kind that only servers understand */
  messages(protocol: ProtocolName): HubMessage[] {
    const whole = this.#take(protocol === 'json' ? this.#rest.lastIndexOf(SEPARATOR_BYTE) + 1 : this.#wholeBytes());
    if (whole.length === 0) return [];
    const parser: IHubProtocol = protocol === 'json' ? JSON_PROTOCOL : MESSAGEPACK_PROTOCOL;
    return parser.parseMessages(protocol === 'json' ? whole.toString('utf8') : arrayBufferOf(whole), REFUSE_UNKNOWN);
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }

  /** How many bytes the whole messages have that stand at the beginning. */
  #wholeBytes(): number {
    let whole = 0;
    for (let next = messageEnd(this.#rest, 0); next !== undefined; next = messageEnd(this.#rest, whole)) whole = next;
    return whole;
  }
}

/** Where the message ends whose length stands at `start`; undefined when it is not whole. */
function messageEnd(bytes: Buffer, start: number): number | undefined {
  let length = 0;
  for (let at = start; at < bytes.length && at < start + 5; at += 1) {
    const byte = bytes[at] ?? 0;
    length += (byte % 128) * 128 ** (at - start);
    if (byte < 128) return at + 1 + length <= bytes.length ? at + 1 + length : undefined;
  }
  return undefined;
}

const arrayBufferOf = (bytes: Buffer): ArrayBuffer => Uint8Array.from(bytes).buffer;
