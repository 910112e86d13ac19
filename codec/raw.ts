import type { Payload, PayloadCodec } from '@temporalio/common';
import { defaultPayloadConverter } from '@temporalio/common';
import { isEncrypted } from './cipher';

const isPayload = (value: object): value is Payload =>
  'metadata' in value &&
  typeof value.metadata === 'object' &&
  value.metadata !== null &&
  'encoding' in value.metadata &&
  value.metadata.encoding instanceof Uint8Array;

interface Failure {
  message?: string | null;
  stackTrace?: string | null;
  encodedAttributes?: Payload | null;
}

/** What `encodeCommonAttributes` has put away comes back to where it was. */
function restore(failure: Failure): Failure {
  const { encodedAttributes } = failure;
  if (!encodedAttributes) return failure;
  const { message, stack_trace: stackTrace } = defaultPayloadConverter.fromPayload<{
    message?: string;
    stack_trace?: string;
  }>(encodedAttributes);
  return { ...failure, message, stackTrace };
}

async function walk(codec: PayloadCodec, value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return Promise.all(value.map((element) => walk(codec, element)));
  if (isPayload(value)) return isEncrypted(value) ? (await codec.decode([value]))[0] : value;
  // Plain messages only: numbers of 64 bits and the like are objects with methods.
  if (!isMessage(value)) return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([name, field]) => [name, await walk(codec, field)] as const),
  );
  const message = Object.fromEntries(entries);
  return 'encodedAttributes' in message ? restore(message) : message;
}

const isMessage = (value: object): boolean => !('low' in value && 'high' in value && 'unsigned' in value);

/**
 * Decodes every payload in a message of Temporal's API, however deep: histories and pending activities come encoded.
 *
 * @returns a copy, with failures' own messages back in place
 * @throws  GS_CODEC_KEY_UNKNOWN, GS_CODEC_KEY_WRONG
 */
export const decodedMessage = async <Message extends object>(codec: PayloadCodec, message: Message): Promise<Message> =>
  (await walk(codec, message)) as Message;
