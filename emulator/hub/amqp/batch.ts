import { message as rheaMessage, type Message } from 'rhea';
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
  return format === BATCH ? sectionsOf(message).map(decoded) : [message];
}

/** rhea gives one data section as its bytes, several as a list (rhea/lib/message.js). */
function sectionsOf({ body }: Message): unknown[] {
  const { content } = (body ?? {}) as { content?: unknown };
  return Array.isArray(content) ? content : [content];
}

function decoded(section: unknown): Message {
  try {
    if (Buffer.isBuffer(section)) return rheaMessage.decode(section) as unknown as Message; // rhea has two types of the name
  } catch {
    // told below: rhea throws many kinds of errors for bytes that are no message
  }
  throw new AmqpRefusal('com.microsoft:argument-error', 'A part of the batch is no AMQP message.');
}
