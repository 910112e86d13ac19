import { defaultPayloadConverter, type Payload, type PayloadCodec } from '@temporalio/common';
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
  return Object.assign(failure, { message, stackTrace });
}

async function decoded(codecs: readonly PayloadCodec[], payload: Payload): Promise<Payload | undefined> {
  let payloads = [payload];
  for (const codec of codecs) payloads = await codec.decode(payloads);
  return payloads[0];
}

async function walk(codecs: readonly PayloadCodec[], value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return Promise.all(value.map((element) => walk(codecs, element)));
  if (isPayload(value)) return isEncrypted(value) ? decoded(codecs, value) : value;
  // Plain messages only: numbers of 64 bits and the like are objects with methods.
  if (!isMessage(value)) return value;
  const entries = await Promise.all(
    Object.entries(value).map(async ([name, field]) => [name, await walk(codecs, field)] as const),
  );
  // Fields that are not set are read from the prototype.
  const message = Object.assign(
    Object.create(Object.getPrototypeOf(value) as object) as object,
    Object.fromEntries(entries),
  );
  return 'encodedAttributes' in message ? restore(message) : message;
}

const isMessage = (value: object): boolean => !('low' in value && 'high' in value && 'unsigned' in value);

/**
 * Decodes every payload in a message of Temporal's API, however deep: histories and pending activities come encoded.
 *
 * @returns a copy, with failures' own messages back in place
 * @throws  GS_CODEC_KEY_UNKNOWN, GS_CODEC_KEY_WRONG
 */
export const decodedMessage = async <Message extends object>(
  codecs: readonly PayloadCodec[],
  message: Message,
): Promise<Message> => (await walk(codecs, message)) as Message;
