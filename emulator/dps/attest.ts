import { createHmac, X509Certificate } from 'node:crypto';
import { isSignedBy, parseSas, type SasToken } from '../auth/sas';
import { chainTo, commonNameOf, isInForce, thumbprintsOf } from '../auth/x509';
import type { IdentityInput } from '../hub/identity';
import type { Keys, X509Attestation } from './attestation';
import type { Enrollment } from './enrollment';
import type { Enrollments } from './enrollments';
import { DpsError } from './errors';
import type { Proof } from './registration';
import type { DpsSettings } from './settings';
import { decodedOrAsIs } from '../uri';

/** What a device shows of itself. */
export interface Credential {
  /** The token that it sent as its password or `Authorization`. */
  readonly sas: string | undefined;
  /** The TLS client certificate and what was sent to prove it, leaf first. */
  readonly certificates: readonly X509Certificate[];
}

/** A device that has proved itself, and what vouches for it. */
export interface Attested {
  readonly enrollment: Enrollment;
  readonly proof: Proof;
}

/** Who can vouch. */
export interface Vouchers {
  readonly settings: DpsSettings;
  readonly individuals: Enrollments;
  readonly groups: Enrollments;
}

/**
 * Checks a device's credential: by its individual enrollment when there is one, whatever groups say; else by the groups.
 * Credentials go by the machine's time.
 *
 * @throws DpsError Unauthorized or InvalidCredential; NotImplemented for TPM
 */
export function attest(vouchers: Vouchers, registrationId: string, credential: Credential): Attested {
  const individual = vouchers.individuals.get(registrationId);
  if (individual?.attestation.type === 'tpm') throw new DpsError('NotImplemented', 'Attestation by TPM is not built.');
  const { sas, certificates } = credential;
  if (sas !== undefined) return attestByKey(vouchers, individual, registrationId, sas);
  if (certificates.length > 0) return attestByCertificate(vouchers, individual, registrationId, certificates);
  throw unauthorized();
}

const unauthorized = (): DpsError => new DpsError('Unauthorized', 'Unauthorized');
const invalidCertificate = (text = 'Invalid certificate'): DpsError => new DpsError('InvalidCredential', text);

/**
 * A token for exactly this device, in its time; whether its signature is right is another question.
 *
 * @returns undefined for any other
 */
export function tokenFor(idScope: string, registrationId: string, sas: string): SasToken | undefined {
  const token = parseSas(sas);
  if (token === undefined || token.expiresAt <= Date.now()) return undefined;
  const resource = decodedOrAsIs(token.resource).toLowerCase();
  return resource === `${idScope}/registrations/${registrationId}`.toLowerCase() ? token : undefined;
}

function attestByKey(
  { settings, groups }: Vouchers,
  individual: Enrollment | undefined,
  registrationId: string,
  sas: string,
): Attested {
  const token = tokenFor(settings.idScope, registrationId, sas);
  if (token === undefined) throw unauthorized();
  if (individual !== undefined) {
    const keys = keysOf(individual);
    if (keys === undefined || !isSignedBy(token, [keys.primaryKey, keys.secondaryKey])) throw unauthorized();
    const proof = { type: 'symmetricKey', enrollmentGroupId: undefined, derivedFrom: registrationId } as const;
    return { enrollment: individual, proof };
  }
  for (const [, group] of groups.after(0)) {
    const derivedFrom = spellingOf(group, registrationId, token);
    if (derivedFrom === undefined) continue;
    return { enrollment: group, proof: { type: 'symmetricKey', enrollmentGroupId: group.id, derivedFrom } };
  }
  throw unauthorized();
}

const keysOf = ({ attestation }: Enrollment): Keys | undefined =>
  attestation.type === 'symmetricKey' ? attestation.symmetricKey : undefined;

/** Under which spelling of its id the device's key is derived from the group's; undefined when it is not. */
function spellingOf(group: Enrollment, registrationId: string, token: SasToken): string | undefined {
  const keys = keysOf(group);
  if (keys === undefined) return undefined;
  const spellings = [...new Set([registrationId, registrationId.toLowerCase()])];
  return spellings.find((spelling) => {
    const { primaryKey, secondaryKey } = derivedKeys(keys, spelling);
    return isSignedBy(token, [primaryKey, secondaryKey]);
  });
}

/** The keys of a group's device (iot-dps/concepts-symmetric-key-attestation.md, "Group enrollments"). */
const derivedKeys = ({ primaryKey, secondaryKey }: Keys, registrationId: string): Keys => ({
  primaryKey: derivedKey(primaryKey, registrationId),
  secondaryKey: derivedKey(secondaryKey, registrationId),
});

/** @example derivedKey(groupKey, 'sn-007-888') */
export const derivedKey = (groupKey: string, registrationId: string): string =>
  createHmac('sha256', Buffer.from(groupKey, 'base64')).update(registrationId).digest('base64');

function attestByCertificate(
  vouchers: Vouchers,
  individual: Enrollment | undefined,
  registrationId: string,
  sent: readonly X509Certificate[],
): Attested {
  const [leaf] = sent;
  if (leaf === undefined || !isInForce(leaf, Date.now())) throw invalidCertificate();
  if (commonNameOf(leaf)?.toLowerCase() !== registrationId.toLowerCase()) throw invalidCertificate();
  const proofOf = (enrollment: Enrollment, signer: X509Certificate | undefined): Proof => ({
    type: 'x509',
    enrollmentGroupId: enrollment.kind === 'group' ? enrollment.id : undefined,
    certificate: leaf.toString(),
    signer: signer?.toString(),
  });
  if (individual !== undefined) {
    const found = vouching(individual, vouchers.settings, sent);
    if (found === undefined) throw invalidCertificate();
    return { enrollment: individual, proof: proofOf(individual, found.signer) };
  }
  const nearest = [...vouchers.groups.after(0)]
    .flatMap(([, group]) => {
      const found = vouching(group, vouchers.settings, sent);
      return found === undefined ? [] : [{ group, ...found }];
    })
    .sort((a, b) => a.distance - b.distance || Number(isDisabled(b.group)) - Number(isDisabled(a.group)))[0];
  if (nearest === undefined) throw invalidCertificate('CA certificate not found.');
  return { enrollment: nearest.group, proof: proofOf(nearest.group, nearest.signer) };
}

/** Of two groups with the same certificate, the disabled one counts (iot-dps/how-to-roll-certificates.md). */
const isDisabled = ({ provisioningStatus }: Enrollment): boolean => provisioningStatus === 'disabled';

interface Found {
  /** Certificates between the leaf and the one that vouches for it. */
  readonly distance: number;
  /** undefined: the leaf itself is enrolled. */
  readonly signer: X509Certificate | undefined;
}

/** Which certificate of the enrollment vouches for the leaf, the nearest one. */
function vouching(
  { attestation }: Enrollment,
  settings: DpsSettings,
  sent: readonly X509Certificate[],
): Found | undefined {
  if (attestation.type !== 'x509') return undefined;
  const trusted = trustedBy(attestation.x509, settings);
  if (attestation.x509.kind === 'client') {
    const isEnrolled = trusted.some(({ raw }) => sent[0]?.raw.equals(raw));
    return isEnrolled ? { distance: 0, signer: undefined } : undefined;
  }
  const chain = chainTo(sent, trusted, Date.now());
  return chain && { distance: chain.length - 2, signer: chain.at(-1) };
}

/** The certificates that an attestation names; of the service's own only the verified ones. */
function trustedBy({ kind, primary, secondary }: X509Attestation, { certificates }: DpsSettings): X509Certificate[] {
  const given = [primary, ...(secondary === undefined ? [] : [secondary])];
  const pems =
    kind === 'ca'
      ? given.flatMap((name) => certificates.filter((each) => each.isVerified && each.name === name).map((c) => c.pem))
      : given;
  return pems.map((pem) => new X509Certificate(pem));
}

/** How the hub is to know the device: by the same key or certificate that it showed to DPS. */
export function authenticationOf(enrollment: Enrollment, proof: Proof): IdentityInput['authentication'] {
  if (proof.type === 'x509') return { type: 'selfSigned', x509Thumbprint: thumbprintPairOf(enrollment, proof) };
  const keys = keysOf(enrollment);
  if (keys === undefined) throw new DpsError('ServerError', 'The enrollment has changed its attestation.');
  return {
    type: 'sas',
    symmetricKey: enrollment.kind === 'group' ? derivedKeys(keys, proof.derivedFrom) : keys,
  };
}

/** Of an enrolled client certificate both; else that of the certificate which the device showed. */
function thumbprintPairOf(
  { attestation }: Enrollment,
  { certificate }: Extract<Proof, { type: 'x509' }>,
): { primaryThumbprint: string; secondaryThumbprint: string | null } {
  const own = attestation.type === 'x509' && attestation.x509.kind === 'client' ? attestation.x509 : undefined;
  const { primary, secondary } = own ?? { primary: certificate, secondary: undefined };
  const of = (pem: string): string => thumbprintsOf(new X509Certificate(pem)).sha256;
  return { primaryThumbprint: of(primary), secondaryThumbprint: secondary === undefined ? null : of(secondary) };
}
