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
