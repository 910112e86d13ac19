import type { X509Certificate } from 'node:crypto';

/** Certificates that a client may send: more are not looked at. */
const LONGEST_CHAIN = 10;

/** The last common name of a certificate's subject; undefined when it has none. */
export const commonNameOf = ({ subject }: X509Certificate): string | undefined =>
  subject
    .split('\n')
    .findLast((line) => line.startsWith('CN='))
    ?.slice('CN='.length);

/** Whether a certificate is within its time. @param now the machine's, ms since the epoch */
export const isInTime = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && now <= Date.parse(validTo);

/**
 * How many certificates stand between a leaf and a trusted one that vouches for it: 0 when it signed the leaf itself.
 * Only what was sent is used; each must be in its time, and all but the leaf must be authorities.
 *
 * @param sent leaf first, each followed by who signed it
 * @returns undefined when the chain does not lead to `trusted`
 */
export function distanceTo(
  trusted: X509Certificate,
  sent: readonly X509Certificate[],
  now: number,
): number | undefined {
  if (!isInTime(trusted, now)) return undefined;
  for (const [i, certificate] of sent.slice(0, LONGEST_CHAIN).entries()) {
    if (!isInTime(certificate, now) || (i > 0 && !certificate.ca)) return undefined;
    if (isSignedBy(certificate, trusted)) return i;
    const next = sent[i + 1];
    if (next === undefined || !isSignedBy(certificate, next)) return undefined;
  }
  return undefined;
}

const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean =>
  certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
