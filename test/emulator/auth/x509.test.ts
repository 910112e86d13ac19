import { X509Certificate } from 'node:crypto';
import { certificateOf, chainTo, commonNameOf, hasThumbprint, thumbprintsOf } from '../../../emulator/auth/x509';
import { makeCertificate, type CertificateOptions, type TestCertificate } from '../../support/certificates';

const make = async (name: string, options?: CertificateOptions): Promise<[TestCertificate, X509Certificate]> => {
  const made = await makeCertificate(name, options);
  return [made, new X509Certificate(made.cert)];
};

it('compares thumbprints of both hashes, however written', async () => {
  const [, cert] = await make('d1');
  const { sha1, sha256 } = thumbprintsOf(cert);

  expect([sha1, sha256]).toEqual([cert.fingerprint.replaceAll(':', ''), cert.fingerprint256.replaceAll(':', '')]);
  for (const wanted of [sha1, sha256.toLowerCase(), cert.fingerprint]) expect(hasThumbprint(cert, [wanted])).toBe(true);
  expect(hasThumbprint(cert, [null, undefined, '', 'A'.repeat(40)])).toBe(false);
});

it('reads the common name, and no certificate from other text', async () => {
  expect(commonNameOf((await make('d 1'))[1])).toBe('d 1');
  expect(commonNameOf((await make('a,CN=b'))[1])).toBeUndefined(); // two of them
  expect(certificateOf('-----BEGIN CERTIFICATE-----')).toBeUndefined();
});

describe('a chain', () => {
  const now = Date.now();
  const names = (chain: readonly X509Certificate[] | undefined): unknown => chain?.map(commonNameOf);

  it('leads over intermediate certificates to a trusted CA, root or not', async () => {
    const [root, rootCert] = await make('root', { ca: true });
    const [upper, upperCert] = await make('upper', { by: root, ca: true });
    const [lower, lowerCert] = await make('lower', { by: upper, ca: true });
    const [, leaf] = await make('leaf', { by: lower });

    expect(names(chainTo([leaf, upperCert, lowerCert], [rootCert], now))).toEqual(['leaf', 'lower', 'upper', 'root']);
    expect(names(chainTo([leaf], [rootCert, lowerCert], now))).toEqual(['leaf', 'lower']);
    expect(chainTo([leaf, lowerCert], [rootCert], now)).toBeUndefined();
    expect(chainTo([], [rootCert], now)).toBeUndefined();
    expect(chainTo([rootCert], [rootCert], now)).toBeUndefined();
  });

  it('breaks on a forged name, an issuer that is no CA, and what is out of force', async () => {
    const [root, rootCert] = await make('root', { ca: true });
    const [forger] = await make('root', { ca: true });
    const [plain, plainCert] = await make('plain', { by: root });
    const [ended, endedCert] = await make('ended', { by: root, ca: true, days: -1 });
    const chain = async (by: TestCertificate, between: X509Certificate[], days = 1): Promise<unknown> =>
      chainTo([(await make('leaf', { by, days }))[1], ...between], [rootCert], now);

    expect(await chain(root, [])).toHaveLength(2);
    expect(await chain(forger, [])).toBeUndefined();
    expect(await chain(plain, [plainCert])).toBeUndefined();
    expect(await chain(ended, [endedCert])).toBeUndefined();
    expect(await chain(root, [], -1)).toBeUndefined();
  });
});
