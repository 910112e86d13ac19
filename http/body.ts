import type { IncomingMessage } from 'node:http';
import { HttpError } from './http-error';

/**
 * Reads a JSON body.
 *
 * @param atMost bytes
 * @throws HttpError 413 when it is longer, 415 when it says that it is something else, 400 when it is no JSON
 */
export async function jsonBodyOf(request: IncomingMessage, atMost: number): Promise<unknown> {
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(type))
    throw new HttpError(415, 'MEDIA_TYPE', `content-type is '${type}', allowed is application/json`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not ended by a throw in the middle: the answer goes the same way back.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length; // no encoding is set
    if (bytes > atMost)
      throw new HttpError(413, 'BODY_TOO_LARGE', `the body is too large, allowed are ${atMost} bytes`);
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch (cause) {
    throw new HttpError(400, 'BODY_NO_JSON', 'the body is no JSON', { cause });
  }
}
