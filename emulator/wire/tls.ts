import { webcrypto, X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as x509 from '@peculiar/x509';
import { LOOPBACK, TLS_NAMES } from '../names';

/** PEM texts, and the absolute paths of the files that hold them. `cert` is the leaf followed by the CA. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

interface Pair {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 86_400_000;
const CA_DAYS = 3650;
const LEAF_DAYS = 397;
const RENEW_WHEN_DAYS_LEFT = 30;
const KEY = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const SIGNATURE = { name: 'ECDSA', hash: 'SHA-256' } as const;

x509.cryptoProvider.set(webcrypto);

/**
 * The emulator's own certificate authority and its server certificate, from `stateDir` or made there: keys have mode 0600.
 * Both are remade when they near their end, the leaf also when its names or its CA have changed.
 */
export async function loadTls(stateDir: string): Promise<TlsFiles> {
  const dir = resolve(stateDir, 'tls');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const ca = (await readPair(dir, 'ca', isFresh)) ?? (await writePair(dir, 'ca', await makeCa()));
  const isOurs = (leaf: X509Certificate): boolean =>
    isFresh(leaf) && leaf.verify(new X509Certificate(ca.cert).publicKey) && namesOf(leaf) === wantedNames();
  const leaf = (await readPair(dir, 'server', isOurs)) ?? (await writePair(dir, 'server', await makeLeaf(ca)));
  const path = (file: string): string => join(dir, file);
  return {
    caFile: path('ca.pem'),
    certFile: path('server.pem'),
    keyFile: path('server-key.pem'),
    ca: ca.cert,
    ...leaf,
  };
}

const isFresh = (cert: X509Certificate): boolean =>
  Date.parse(cert.validTo) - Date.now() > RENEW_WHEN_DAYS_LEFT * DAY_MS;

/** As node prints a certificate's subjectAltName. */
const namesOf = (cert: X509Certificate): string => cert.subjectAltName ?? '';
const wantedNames = (): string => [...TLS_NAMES.map((name) => `DNS:${name}`), `IP Address:${LOOPBACK}`].join(', ');

async function readPair(
  dir: string,
  name: string,
  usable: (cert: X509Certificate) => boolean,
): Promise<Pair | undefined> {
  try {
    const [cert, key] = await Promise.all([
      readFile(join(dir, `${name}.pem`), 'utf8'),
      readFile(join(dir, `${name}-key.pem`), 'utf8'),
    ]);
    return usable(new X509Certificate(cert)) ? { cert, key } : undefined;
  } catch {
    return undefined; // absent or damaged: made anew
  }
}

async function writePair(dir: string, name: string, pair: Pair): Promise<Pair> {
  await writeWhole(join(dir, `${name}-key.pem`), pair.key, 0o600);
  await writeWhole(join(dir, `${name}.pem`), pair.cert, 0o644);
  return pair;
}

async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const part = `${path}.${process.pid}`;
  await writeFile(part, text, { mode });
  await rename(part, path);
}

async function makeCa(): Promise<Pair> {
  const keys = await newKeys();
  const cert = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=iothub-emulator local CA',
    ...validFor(CA_DAYS),
    keys,
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: cert.toString('pem') + '\n', key: await privatePem(keys) };
}

async function makeLeaf(ca: Pair): Promise<Pair> {
  const keys = await newKeys();
  const issuer = new x509.X509Certificate(ca.cert);
  const cert = await x509.X509CertificateGenerator.create({
    subject: 'CN=iothub-emulator',
    issuer: issuer.subject,
    ...validFor(LEAF_DAYS),
    publicKey: keys.publicKey,
    signingKey: await importKey(ca.key),
    signingAlgorithm: SIGNATURE,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...TLS_NAMES.map((value) => ({ type: 'dns' as const, value })),
        { type: 'ip', value: LOOPBACK },
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${cert.toString('pem')}\n${ca.cert}`, key: await privatePem(keys) };
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> => webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);

/** Back-dated by a day: clocks of containers and devices may lag. */
const validFor = (days: number): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(Date.now() - DAY_MS),
  notAfter: new Date(Date.now() + days * DAY_MS),
});

async function privatePem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', privateKey), 'PRIVATE KEY') + '\n';
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = x509.PemConverter.decodeFirst(pem);
  return await webcrypto.subtle.importKey('pkcs8', der, KEY, false, ['sign']);
}
