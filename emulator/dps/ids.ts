import { randomBytes, randomUUID } from 'node:crypto';
import { DpsError } from './errors';

/** Registration ids and names of groups; compared without case (iot-dps/concepts-service.md, "Registration ID"). */
const ID = /^(?=.{1,128}$)[a-z0-9._:-]*[a-z0-9-]$/i;

export const isId = (text: string): boolean => ID.test(text);

/** An etag as DPS writes it: the quotes belong to it. @example newEtag() // => '"13003fea-0000-0300-0000-62d1d5e50000"' */
export const newEtag = (): string =>
  `"${randomBytes(4).toString('hex')}-0000-0300-0000-${randomBytes(4).toString('hex')}0000"`;

/** @example newOperationId() // => '5.316aac5bdc130deb.b1e02da8-c3a0-4ff2-a121-7ea7a6b7f550' */
export const newOperationId = (): string => `5.${randomBytes(8).toString('hex')}.${randomUUID()}`;

/**
 * Compares If-Match with an etag, both with or without quotes; `*` matches any, and so does no header at all.
 *
 * @throws DpsError PreconditionFailed
 */
export function requireEtag(ifMatch: string | undefined, etag: string): void {
  const wanted = bare(ifMatch ?? '*');
  if (wanted !== '*' && wanted !== bare(etag)) throw new DpsError('PreconditionFailed', 'ETag does not match.');
}

const bare = (etag: string): string => etag.replace(/^"(.*)"$/s, '$1');
