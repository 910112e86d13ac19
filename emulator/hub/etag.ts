import { HubError } from './errors';

/**
 * Compares an If-Match header with an etag: quoted or not; `*`, quoted or not, matches any.
 *
 * @throws HubError PreconditionFailed
 */
export function requireMatch(ifMatch: string | undefined, etag: string): void {
  const wanted = ifMatch?.replace(/^"(.*)"$/s, '$1');
  if (wanted !== undefined && wanted !== '*' && wanted !== etag) {
    throw new HubError(
      'PreconditionFailed',
      'Precondition failed: Device version did not match, existing version: ' + etag,
    );
  }
}

/** Identities are deleted only with an If-Match header (live hub, see identity.ts). @throws HubError PreconditionFailed */
export function requireIfMatch(ifMatch: string | undefined): string {
  if (ifMatch === undefined) throw new HubError('PreconditionFailed', 'Etag missing');
  return ifMatch;
}
