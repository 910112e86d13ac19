import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { bytesOf } from '../../../emulator/wire/mqtt-bytes';

const publish = (topic: string, payload: string | Buffer, more: object = {}): Packet => ({
  ...({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false } as const),
  ...more,
});

it('writes what mqtt-packet writes, whatever topic and payload', () => {
  const payload = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), payload, fc.boolean(), (topic, body, retain) => {
      const packet = publish(topic, body, { retain });
      expect(bytesOf(packet)).toEqual(generate(packet));
    }),
  );
});

it.each([0, 120, 123, 124, 16_376, 16_380, 16_381, 2_097_144, 2_097_148, 2_097_149])(
  'writes the length of a payload of %d bytes',
  (size) => {
    const packet = publish('t', Buffer.alloc(size, 7));

    expect(bytesOf(packet)?.equals(generate(packet))).toBe(true);
  },
);

it.each([
  { cmd: 'puback', messageId: 1 },
  { cmd: 'puback', messageId: 0xffff },
  { cmd: 'suback', messageId: 7, granted: [0, 1] },
  publish('t', 'text', { qos: 1, messageId: 3 }),
] as Packet[])('writes %j', (packet) => {
  expect(bytesOf(packet)).toEqual(generate(packet));
});

it('has no bytes for a topic that no packet can hold', () => {
  expect(bytesOf(publish('x'.repeat(65_535), ''))).toHaveLength(65_541);
  expect(bytesOf(publish('x'.repeat(65_536), ''))).toBeUndefined();
  expect(bytesOf(publish('ä'.repeat(32_768), '', { qos: 1, messageId: 1 }))).toBeUndefined();
});
