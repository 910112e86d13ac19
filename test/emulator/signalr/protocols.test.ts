import { type HubMessage, JsonHubProtocol, MessageType, NullLogger } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';

import { closeOf, handshakeOf, Incoming, invocationOf, type Outgoing } from '../../../emulator/signalr/protocols';

const json = new JsonHubProtocol();
const messagepack = new MessagePackHubProtocol();
/** As the official client reads it. */
const readBack = (message: Outgoing): unknown[] => [
  json.parseMessages(message.in('json') as string, NullLogger.instance)[0],
  messagepack.parseMessages(Uint8Array.from(message.in('messagepack') as Uint8Array).buffer, NullLogger.instance)[0],
];

it.each([[undefined], ['short'], ['long '.repeat(100)], ['longer '.repeat(3000)]])(
  'closes for a reason of any length, which both protocols tell',
  (error) => {
    for (const read of readBack(closeOf({ error, allowReconnect: true }))) {
      expect(read).toMatchObject({ type: MessageType.Close, allowReconnect: true });
      expect((read as { error?: string | null }).error ?? undefined).toBe(error);
    }
  },
);

it('calls a method with the arguments as they are', () => {
  const args = [[{ a: null, b: 1.5 }], 'grün', true];

  for (const read of readBack(invocationOf('deviceStates', args))) {
    expect(read).toMatchObject({ type: MessageType.Invocation, target: 'deviceStates', arguments: args });
  }
});

it.each([
  ['{"protocol":"json","version":1}', 'json'],
  ['{"protocol":"messagepack","version":2}', 'messagepack'],
])('agrees on %s', (text, protocol) => {
  expect(handshakeOf(text)).toBe(protocol);
});

it.each([
  ['{"protocol":"xml","version":1}', "The protocol 'xml' is not supported."],
  ['{"protocol":"json","version":3}', 'version 3'],
  ['{"protocol":"json"}', 'version undefined'],
  ['null', 'Expected a handshake request'],
  ['{', 'Expected a handshake request'],
])('refuses %s', (text, problem) => {
  expect(() => handshakeOf(text)).toThrow(problem);
});

describe.each([
  ['json', (target: string) => Buffer.from(json.writeMessage({ type: MessageType.Invocation, target, arguments: [] }))],
  [
    'messagepack',
    (target: string) => Buffer.from(messagepack.writeMessage({ type: MessageType.Invocation, target, arguments: [] })),
  ],
] as const)('messages in %s', (protocol, write) => {
  it('are whole wherever the bytes were cut, after the handshake and in their order', () => {
    const handshake = Buffer.from(`{"protocol":"${protocol}","version":1}\u001e`);
    const targets = ['a', 'long '.repeat(50), 'ü'];
    const bytes = Buffer.concat([handshake, ...targets.map(write)]);
    for (const step of [1, 3, bytes.length]) {
      const incoming = new Incoming();
      let hand: string | undefined;
      const seen: unknown[] = [];
      for (let at = 0; at < bytes.length; at += step) {
        incoming.add(bytes.subarray(at, at + step));
        hand ??= incoming.handshake();
        if (hand !== undefined) seen.push(...incoming.messages(protocol));
      }
      expect(hand).toContain(protocol);
      expect(seen).toMatchObject(targets.map((target) => ({ target })));
    }
  });

  it('of streams are an error, and so is what is larger than 1 MiB', () => {
    const incoming = new Incoming();
    const stream: HubMessage = { type: MessageType.StreamInvocation, invocationId: '1', target: 's', arguments: [] };
    const bytes = protocol === 'json' ? Buffer.from(json.writeMessage(stream)) : messagepack.writeMessage(stream);
    incoming.add(Buffer.from(new Uint8Array(bytes)));

    expect(() => incoming.messages(protocol)).toThrow('is not supported');
    expect(() => new Incoming().add(Buffer.alloc(1024 * 1024 + 1))).toThrow('maximum message size');
  });
});
