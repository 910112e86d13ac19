import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/**
 * Whether a request shows the key, as the host of Azure Functions has it shown: in the query as `code`, or in the header
 * `x-functions-key` (azure-functions/function-keys-how-to.md). Takes the same time for every wrong key.
 */
export function showsKey({ url = '', headers }: Pick<IncomingMessage, 'url' | 'headers'>, key: string): boolean {
  const inHeader = headers['x-functions-key'];
  const shown = typeof inHeader === 'string' ? inHeader : new URL(url, 'https://localhost').searchParams.get('code');
  return timingSafeEqual(digest(shown ?? ''), digest(key)) && shown !== null;
}
