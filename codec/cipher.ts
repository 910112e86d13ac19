import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import { webcrypto } from 'node:crypto';
import { GroundswellError } from '../domain/errors';
import { type CodecKey, type CodecKeys, KEYS_FILE } from './keys';

/** As Temporal's samples for encryption call it, in every language. */
const ENCODING = 'binary/encrypted';
const KEY_ID = 'encryption-key-id';
const CIPHER = 'AES-GCM';
/** Bytes, as NIST SP 800-38D section 8.2.2 has it for random ones; WebCrypto puts its tag of 16 bytes behind the text. */
const IV_BYTES = 12;

const { Payload: Wire } = temporal.api.common.v1;
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? new Uint8Array());

const importKey = ({ bytes }: CodecKey): Promise<webcrypto.CryptoKey> =>
  webcrypto.subtle.importKey('raw', bytes, CIPHER, false, ['encrypt', 'decrypt']);

export const isEncrypted = ({ metadata }: Payload): boolean => textOf(metadata?.encoding) === ENCODING;

async function encrypted(payload: Payload, id: string, key: webcrypto.CryptoKey): Promise<Payload> {
  const iv = webcrypto.getRandomValues(new Uint8Array(IV_BYTES));
  const clear = new Uint8Array(Wire.encode(payload).finish());
  const text = await webcrypto.subtle.encrypt({ name: CIPHER, iv }, key, clear);
  return {
    metadata: { encoding: bytesOf(ENCODING), [KEY_ID]: bytesOf(id) },
    data: Buffer.concat([iv, new Uint8Array(text)]),
  };
}

async function decrypted({ data }: Payload, id: string, key: webcrypto.CryptoKey): Promise<Payload> {
  const bytes = new Uint8Array(data ?? []);
  const [iv, text] = [bytes.subarray(0, IV_BYTES), bytes.subarray(IV_BYTES)];
  try {
    return Wire.decode(new Uint8Array(await webcrypto.subtle.decrypt({ name: CIPHER, iv }, key, text)));
  } catch (error) {
    throw new GroundswellError('GS_CODEC_KEY_WRONG', { id }, { cause: error });
  }
}

/**
 * Encrypts payloads by AES-256-GCM, the whole payload with its metadata. What is not encrypted is read as it is, so that
 * histories from before stay readable.
 *
 * Without keys nothing is encrypted, and an encrypted payload is a clear error.
 */
export function createCodec(keys: CodecKeys | undefined): PayloadCodec {
  const ring = new Map((keys ?? []).map((key) => [key.id, importKey(key)]));

  async function decode(payload: Payload): Promise<Payload> {
    if (!isEncrypted(payload)) return payload;
    const id = textOf(payload.metadata?.[KEY_ID]);
    const key = ring.get(id);
    if (key === undefined)
      throw new GroundswellError('GS_CODEC_KEY_UNKNOWN', { id, known: [...ring.keys()], setting: KEYS_FILE });
    return decrypted(payload, id, await key);
  }

  return {
    async encode(payloads) {
      if (keys === undefined) return payloads;
      const [{ id, ...first }] = keys;
      const key = await (ring.get(id) ?? importKey({ id, ...first }));
      return Promise.all(payloads.map((payload) => encrypted(payload, id, key)));
    },
    decode: (payloads) => Promise.all(payloads.map(decode)),
  };
}
