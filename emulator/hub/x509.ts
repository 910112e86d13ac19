import type { X509Certificate } from 'node:crypto';
import { certificateOf, chainTo, commonNameOf, hasThumbprint, isInForce } from '../auth/x509';
import type { Peer } from '../wire/mqtt-service';
import type { Authentication } from './identity';
import type { HubCertificate } from './settings';

/**
 * Whether a client's certificate is the device's own (iot-hub/iot-hub-x509ca-overview.md): by thumbprint, or issued
 * below a verified CA of the hub to the device's id. A certificate out of its validity period counts for nothing.
 *
 * @param deviceId of the device, for modules too
 * @param cas      of the hub, verified or not
 * @param now      ms since the epoch: the machine's
 */
export function isProvenBy(
  { certificates }: Peer,
  { deviceId, authentication }: { readonly deviceId: string; readonly authentication: Authentication },
  cas: readonly HubCertificate[],
  now: number,
): boolean {
  const [leaf] = certificates;
  if (leaf === undefined) return false;
  const { type, x509Thumbprint } = authentication;
  if (type === 'selfSigned') {
    return (
      isInForce(leaf, now) &&
      hasThumbprint(leaf, [x509Thumbprint.primaryThumbprint, x509Thumbprint.secondaryThumbprint])
    );
  }
  if (type !== 'certificateAuthority' || commonNameOf(leaf) !== deviceId) return false;
  return chainTo(certificates, trustedOf(cas), now) !== undefined;
}

/** Parsed once for each setting of the hub. */
const parsed = new WeakMap<readonly HubCertificate[], readonly X509Certificate[]>();

function trustedOf(cas: readonly HubCertificate[]): readonly X509Certificate[] {
  const found =
    parsed.get(cas) ?? cas.filter(({ isVerified }) => isVerified).flatMap(({ pem }) => certificateOf(pem) ?? []);
  parsed.set(cas, found);
  return found;
}
