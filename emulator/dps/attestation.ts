import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { newKey } from '../auth/keys';
import { thumbprintsOf } from '../auth/x509';
import { badRequest } from './errors';

const text = z.string().nullish();
const Certificate = z.object({ certificate: text, info: z.object({ sha1Thumbprint: text }).nullish() }).nullish();
const Certificates = z.object({ primary: Certificate, secondary: Certificate }).nullish();

/** How a device proves who it is, as callers declare it (azure-rest-api-specs, AttestationMechanism). */
export const AttestationInput = z.object({
  type: z.enum(['none', 'tpm', 'x509', 'symmetricKey']),
  symmetricKey: z.object({ primaryKey: text, secondaryKey: text }).nullish(),
  tpm: z.object({ endorsementKey: z.string().min(1), storageRootKey: text }).nullish(),
  x509: z
    .object({
      clientCertificates: Certificates,
      signingCertificates: Certificates,
      caReferences: z.object({ primary: text, secondary: text }).nullish(),
    })
    .nullish(),
});
export type AttestationInput = z.infer<typeof AttestationInput>;

export interface Keys {
  readonly primaryKey: string;
  readonly secondaryKey: string;
}

/** Which certificates attest. PEM texts, or names of the service's own certificates. */
export interface X509Attestation {
  /** `client`: the device's own; `signing`: of whom signed it; `ca`: names of verified certificates. */
  readonly kind: 'client' | 'signing' | 'ca';
  readonly primary: string;
  readonly secondary: string | undefined;
}

/** A stored attestation: plain data. */
export type Attestation =
  | { readonly type: 'symmetricKey'; readonly symmetricKey: Keys }
  | { readonly type: 'x509'; readonly x509: X509Attestation }
  | { readonly type: 'tpm'; readonly endorsementKey: string; readonly storageRootKey: string | undefined };

/**
 * The attestation to store. What the caller leaves out of an unchanged mechanism is kept from `old`: a record that was
 * read holds neither keys nor certificates, and is sent back so. Keys that there never were are generated.
 *
 * @throws DpsError BadRequest
 */
export function attestationOf(
  input: AttestationInput,
  kind: 'individual' | 'group',
  old: Attestation | undefined,
): Attestation {
  switch (input.type) {
    case 'symmetricKey':
      return { type: 'symmetricKey', symmetricKey: keysOf(input, old) };
    case 'x509':
      return { type: 'x509', x509: certificatesOf(input, kind, old) };
    case 'tpm':
      return tpmOf(input, kind);
    case 'none':
      throw badRequest('attestation.type: none is no mechanism that a device can prove itself by.');
  }
}

function keysOf({ symmetricKey }: AttestationInput, old: Attestation | undefined): Keys {
  const kept = old?.type === 'symmetricKey' ? old.symmetricKey : undefined;
  return {
    primaryKey: checkedKey(symmetricKey?.primaryKey || kept?.primaryKey || newKey()),
    secondaryKey: checkedKey(symmetricKey?.secondaryKey || kept?.secondaryKey || newKey()),
  };
}

function checkedKey(key: string): string {
  const bytes = Buffer.from(key, 'base64');
  if (bytes.toString('base64') === key && bytes.length >= 16 && bytes.length <= 64) return key;
  throw badRequest('A symmetric key must be the base64 text of 16 to 64 bytes.');
}

function tpmOf({ tpm }: AttestationInput, kind: 'individual' | 'group'): Attestation {
  if (kind === 'group') throw badRequest('attestation.type: an enrollment group cannot attest by TPM.');
  if (!tpm) throw badRequest('attestation.tpm: the endorsement key is missing.');
  return { type: 'tpm', endorsementKey: tpm.endorsementKey, storageRootKey: tpm.storageRootKey ?? undefined };
}

function certificatesOf(
  { x509 }: AttestationInput,
  kind: 'individual' | 'group',
  old: Attestation | undefined,
): X509Attestation {
  const { clientCertificates: client, signingCertificates: signing, caReferences: ca } = x509 ?? {};
  const given = [client, signing, ca].filter(Boolean).length;
  if (given !== 1) throw badRequest('attestation.x509: give one of client and signing certificates and CA references.');
  if (ca) return { kind: 'ca', ...pairOf(ca.primary ?? undefined, ca.secondary ?? undefined) };
  if (client && kind === 'group') throw badRequest('attestation.x509: a group has no client certificates.');
  if (signing && kind === 'individual') throw badRequest('attestation.x509: only groups have signing certificates.');
  const certificates = client ?? signing;
  const kept = old?.type === 'x509' ? old.x509 : undefined;
  const pemOf = (each: z.infer<typeof Certificate>): string | undefined => certificateOf(each, kept);
  return {
    kind: client ? 'client' : 'signing',
    ...pairOf(pemOf(certificates?.primary), pemOf(certificates?.secondary)),
  };
}

function pairOf(
  primary: string | undefined,
  secondary: string | undefined,
): Pick<X509Attestation, 'primary' | 'secondary'> {
  if (primary === undefined || primary === '')
    throw badRequest('attestation.x509: the primary certificate is missing.');
  return { primary, secondary: secondary === '' ? undefined : secondary };
}

/** PEM of what is given as PEM or as base64; of a certificate that is only described, the one that is stored. */
function certificateOf(given: z.infer<typeof Certificate>, kept: X509Attestation | undefined): string | undefined {
  if (given?.certificate) return parseCertificate(given.certificate).toString();
  const thumbprint = given?.info?.sha1Thumbprint?.toUpperCase();
  if (!thumbprint) return undefined;
  const stored = [kept?.primary, kept?.secondary].find(
    (pem) => pem !== undefined && kept?.kind !== 'ca' && thumbprintsOf(new X509Certificate(pem)).sha1 === thumbprint,
  );
  if (stored === undefined) throw badRequest('attestation.x509: a certificate is described but not given.');
  return stored;
}

function parseCertificate(text: string): X509Certificate {
  try {
    return new X509Certificate(text.includes('-----BEGIN') ? text : Buffer.from(text, 'base64'));
  } catch {
    throw badRequest('attestation.x509: a certificate is neither PEM nor base64 of DER.');
  }
}

/** What is shown of a certificate (azure-rest-api-specs, X509CertificateInfo). Thumbprints are upper-case hexadecimal. */
export function certificateInfo(pem: string): Record<string, unknown> {
  const certificate = new X509Certificate(pem);
  const { sha1, sha256 } = thumbprintsOf(certificate);
  return {
    subjectName: nameOf(certificate.subject),
    sha1Thumbprint: sha1,
    sha256Thumbprint: sha256,
    issuerName: nameOf(certificate.issuer),
    notBeforeUtc: new Date(certificate.validFrom).toISOString(),
    notAfterUtc: new Date(certificate.validTo).toISOString(),
    serialNumber: certificate.serialNumber,
    version: 3,
  };
}

/** Node writes one attribute a line, Azure `CN=a, O=b`. */
const nameOf = (name: string): string => name.split('\n').join(', ');

/** An attestation as callers read it: keys only when they asked for them, certificates by their description. */
export function attestationView(attestation: Attestation, withKeys: boolean): Record<string, unknown> {
  const { type } = attestation;
  if (type === 'symmetricKey') return withKeys ? { type, symmetricKey: attestation.symmetricKey } : { type };
  if (type === 'tpm') {
    const { endorsementKey, storageRootKey } = attestation;
    return { type, tpm: { endorsementKey, ...(storageRootKey !== undefined && { storageRootKey }) } };
  }
  return { type, x509: x509View(attestation.x509) };
}

function x509View({ kind, primary, secondary }: X509Attestation): Record<string, unknown> {
  const pair = <T>(view: (each: string) => T): Record<string, T> => ({
    primary: view(primary),
    ...(secondary !== undefined && { secondary: view(secondary) }),
  });
  if (kind === 'ca') return { caReferences: pair((name) => name) };
  const certificates = pair((pem) => ({ info: certificateInfo(pem) }));
  return kind === 'client' ? { clientCertificates: certificates } : { signingCertificates: certificates };
}
