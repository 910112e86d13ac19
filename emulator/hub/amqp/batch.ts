import type { Message } from 'rhea';
import { decoded } from '../../wire/amqp/incoming-link';
import { AmqpRefusal } from '../../wire/amqp/refusal';

/** Message format of a batch, each of whose data sections is a message (Microsoft.Azure.Amqp, `AmqpConstants`). */
const BATCH = 0x80013700;

/**
 * The messages of a transfer: one, or those of a batch, as SDKs for Java and .NET send them.
 *
 * @param format of the transfer
 * @throws AmqpRefusal for a batch of which a part is no message
 */
export function messagesOf(message: Message, format: number): Message[] {
  return format === BATCH ? sectionsOf(message).map(messageIn) : [message];
}

/** rhea gives one data section as its bytes, several as a list (rhea/lib/message.js). */
function sectionsOf({ body }: Message): unknown[] {
  const { content } = (body ?? {}) as { content?: unknown };
  return Array.isArray(content) ? content : [content];
}

function messageIn(section: unknown): Message {
  if (Buffer.isBuffer(section)) return decoded(section);
  throw new AmqpRefusal('com.microsoft:argument-error', 'The batch holds no messages.');
}
