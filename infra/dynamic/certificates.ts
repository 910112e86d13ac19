import { X509Certificate } from 'node:crypto';

/** How a certificate that nobody declared shows in state: the service tells no more of it than this. */
const described = (thumbprint: string): string => `SHA-1 thumbprint ${thumbprint}`;

/** Upper-case hexadecimal; undefined for what is no certificate, or is only described. */
export function thumbprintOf(text: string | undefined): string | undefined {
  const shown = /^SHA-1 thumbprint ([0-9A-F]{40})$/.exec(text ?? '')?.[1];
  if (text === undefined || shown !== undefined) return shown;
  try {
    return new X509Certificate(text).fingerprint.replaceAll(':', '');
  } catch {
    return undefined;
  }
}

/** The declared text as long as the service holds that certificate, however the text is wrapped; else its thumbprint. */
export function certificateOf(declared: string | undefined, sha1Thumbprint: string | undefined): string | undefined {
  if (sha1Thumbprint === undefined) return undefined;
  const thumbprint = sha1Thumbprint.toUpperCase();
  return thumbprintOf(declared) === thumbprint ? declared : described(thumbprint);
}

/** The subject's common name. */
export const commonNameOf = (pem: string): string | undefined =>
  /^CN=(.*)$/m.exec(new X509Certificate(pem).subject)?.[1];
