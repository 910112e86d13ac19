import type { Message } from 'rhea';
import { decoded } from './incoming-link';
import { AmqpRefusal } from './refusal';

/** Message format of a batch, each of whose data sections is a message (Microsoft.Azure.Amqp, `AmqpConstants`). */
const BATCH = 0x80013700;

/**
 * The messages of a transfer: one, or those of a batch, as SDKs for Java and .NET send them.
 *
 * @param format of the transfer
 * @throws AmqpRefusal for a batch of which a part is no message
 */
export const messagesOf = (message: Message, format: number): Message[] =>
  partsOf(message, format).map((part) => (Buffer.isBuffer(part) ? decoded(part) : part));

/** As {@link messagesOf}; those of a batch as the bytes that they came as. */
export const partsOf = (message: Message, format: number): (Buffer | Message)[] =>
  format === BATCH ? sectionsOf(message).map(bytesIn) : [message];

/** rhea gives one data section as its bytes, several as a list (rhea/lib/message.js). */
function sectionsOf({ body }: Message): unknown[] {
  const { content } = (body ?? {}) as { content?: unknown };
  return Array.isArray(content) ? content : [content];
}

function bytesIn(section: unknown): Buffer {
  if (Buffer.isBuffer(section)) return section;
  throw new AmqpRefusal('com.microsoft:argument-error', 'The batch holds no messages.');
}
