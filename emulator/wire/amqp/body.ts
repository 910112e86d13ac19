import { uuid_to_string, type Message } from 'rhea';

/** A message's bytes: its data sections, or the text or bytes of an AMQP value. */
export function bodyOf({ body }: Message): Buffer {
  const content: unknown = isSection(body) ? body.content : body;
  if (Array.isArray(content)) return Buffer.concat(content.map(bytesOf));
  return bytesOf(content);
}

const isSection = (body: unknown): body is { content: unknown } =>
  typeof body === 'object' && body !== null && 'content' in body && 'typecode' in body;

function bytesOf(content: unknown): Buffer {
  if (Buffer.isBuffer(content)) return content;
  if (content === undefined || content === null) return Buffer.alloc(0);
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
}

/** A value of a message as text: strings, numbers, bytes, times. */
export function textOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (Buffer.isBuffer(value)) return value.toString();
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** An id as text. rhea gives a uuid as its 16 bytes, and SDKs send ids that look like one so (azure-iot-amqp-base, amqp_message.js). */
export const idOf = (value: unknown): string | undefined =>
  Buffer.isBuffer(value) && value.length === 16 ? uuid_to_string(value) : textOf(value);
