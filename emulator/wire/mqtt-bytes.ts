import { generate, type IPublishPacket, type Packet } from 'mqtt-packet';

/** The longest topic that a packet can hold, in bytes (MQTT 3.1.1, section 1.5.3). */
const LONGEST_TOPIC = 0xffff;

/**
 * A packet as it goes out. PUBACK and PUBLISH at QoS 0, most of what a hub sends, are written here: `generate` makes a
 * stream for each packet and joins its pieces, which costs several times as much.
 *
 * @returns undefined for a topic that is longer than a packet can hold
 */
export function bytesOf(packet: Packet): Buffer | undefined {
  if (packet.cmd === 'puback') return acknowledgement(packet.messageId ?? 0);
  if (packet.cmd !== 'publish') return generate(packet);
  if (Buffer.byteLength(packet.topic) > LONGEST_TOPIC) return undefined; // `generate` would write half of it
  return packet.qos === 0 ? publication(packet) : generate(packet);
}

/** MQTT 3.1.1, section 3.4. */
function acknowledgement(messageId: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt16BE(0x4002, 0);
  bytes.writeUInt16BE(messageId, 2);
  return bytes;
}

/** MQTT 3.1.1, section 3.3, at QoS 0: the packet has no id. */
function publication({ topic, payload, dup, retain }: IPublishPacket): Buffer {
  const topicBytes = Buffer.byteLength(topic);
  const rest = 2 + topicBytes + Buffer.byteLength(payload);
  const bytes = Buffer.allocUnsafe(1 + lengthDigits(rest) + rest);
  let at = bytes.writeUInt8(0x30 | (dup ? 8 : 0) | (retain ? 1 : 0));
  for (let left = rest; left > 127; left >>>= 7) at = bytes.writeUInt8((left & 127) | 128, at);
  at = bytes.writeUInt8(rest >>> (7 * (lengthDigits(rest) - 1)), at);
  at = bytes.writeUInt16BE(topicBytes, at);
  at += bytes.write(topic, at);
  if (typeof payload === 'string') bytes.write(payload, at);
  else payload.copy(bytes, at);
  return bytes;
}

/** How many bytes a length takes, seven bits in each (section 2.2.3). */
const lengthDigits = (length: number): number => (length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4);
