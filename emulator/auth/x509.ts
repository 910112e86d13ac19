import { createHash, X509Certificate } from 'node:crypto';

/** Longest chain that is followed, leaf and trusted CA included. */
const LONGEST_CHAIN = 10;

/** A certificate from its PEM text. @returns undefined when it is none */
export function certificateOf(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** SHA-1 (40 digits) and SHA-256 (64 digits) of the certificate, upper-case hexadecimal without colons. */
export const thumbprintsOf = ({ raw }: X509Certificate): { readonly sha1: string; readonly sha256: string } => ({
  sha1: hashOf('sha1', raw),
  sha256: hashOf('sha256', raw),
});

const hashOf = (algorithm: string, bytes: Buffer): string =>
  createHash(algorithm).update(bytes).digest('hex').toUpperCase();

/** Whether one of the thumbprints, of either hash and however written, is the certificate's; empty ones never match. */
export function hasThumbprint(certificate: X509Certificate, wanted: readonly (string | null | undefined)[]): boolean {
  const { sha1, sha256 } = thumbprintsOf(certificate);
  return wanted.some((each) => {
    const digits = (each ?? '').replace(/[:\s]/g, '').toUpperCase();
    return digits === sha1 || digits === sha256;
  });
}

/** The subject's common name. @returns undefined when there is none, or more than one */
export function commonNameOf(certificate: X509Certificate): string | undefined {
  const name: unknown = certificate.toLegacyObject().subject.CN; // an array when there are several
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** Whether the certificate is in its validity period. @param now ms since the epoch */
export const isInForce = ({ validFrom, validTo }: X509Certificate, now: number): boolean =>
  Date.parse(validFrom) <= now && now <= Date.parse(validTo);

/**
 * The way from a client's certificate to a CA that one trusts: each certificate is issued and signed by the next, all
 * are in force, all but the first are CAs. Constraints on path length and names, and revocation, are not looked at.
 *
 * @param sent    what the client sent: its own certificate first, then intermediate ones in any order
 * @param trusted CAs, roots or not; a certificate does not vouch for itself by being one of them
 * @param now     ms since the epoch: the machine's
 * @returns       leaf first, trusted CA last; undefined when there is no such way
 */
export function chainTo(
  sent: readonly X509Certificate[],
  trusted: readonly X509Certificate[],
  now: number,
): readonly X509Certificate[] | undefined {
  const [leaf, ...between] = sent;
  if (leaf === undefined || !isInForce(leaf, now)) return undefined;
  const chain = [leaf];
  for (let last = leaf; chain.length < LONGEST_CHAIN;) {
    const anchor = trusted.find((ca) => isIssuer(ca, last, now));
    if (anchor !== undefined) return [...chain, anchor];
    const next = between.find((ca) => !chain.includes(ca) && isIssuer(ca, last, now));
    if (next === undefined) return undefined;
    chain.push(next);
    last = next;
  }
  return undefined;
}

const isIssuer = (ca: X509Certificate, of: X509Certificate, now: number): boolean =>
  ca.ca && !ca.raw.equals(of.raw) && isInForce(ca, now) && of.checkIssued(ca) && of.verify(ca.publicKey);
