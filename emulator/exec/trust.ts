import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import { keyStoreOf } from './key-store';
import { replaceFile } from './replace-file';
import type { Environment } from './variables';

/** Files that hold the emulator's CA beside all that the caller trusts already. */
export interface Trust {
  /** PEM: the emulator's CA, what the caller's environment trusts, and the public roots. */
  readonly bundleFile: string;
  /** The same certificates as {@link keyStoreOf} writes them. */
  readonly keyStoreFile: string;
  /** PEM, for clients that have the public roots built in: the emulator's CA and what NODE_EXTRA_CA_CERTS names. */
  readonly extraFile: string;
}

/** Variables by which clients are told of a CA bundle; what one of them names is trusted by all here. */
const BUNDLE_VARIABLES = ['SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'NODE_EXTRA_CA_CERTS'] as const;

/** Where systems keep their roots, an organisation's own among them (the places that Go's crypto/x509 looks at). */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
] as const;

/**
 * Writes the files into a folder anew, as the caller's trust may have changed; each is replaced whole, so that programs that run see
 * the old or the new one.
 *
 * @param base the environment that the program would have had
 */
export async function writeTrust(folder: string, caFile: string, base: Environment): Promise<Trust> {
  const ca = certificatesIn(await readFile(caFile, 'utf8'));
  const given = await Promise.all(
    [...BUNDLE_VARIABLES.map((name) => base[name]), ...SYSTEM_BUNDLES].map(readCertificates),
  );
  const all = unique([...ca, ...given.flat(), ...rootCertificates.flatMap(certificatesIn)]);
  const extra = unique([...ca, ...(await readCertificates(base.NODE_EXTRA_CA_CERTS))]);
  const trust = {
    bundleFile: join(folder, 'bundle.pem'),
    keyStoreFile: join(folder, 'trusted.jks'),
    extraFile: join(folder, 'extra.pem'),
  };
  await Promise.all([
    replaceFile(trust.bundleFile, pemOf(all)),
    replaceFile(trust.extraFile, pemOf(extra)),
    replaceFile(trust.keyStoreFile, keyStoreOf(all.map((body) => Buffer.from(body, 'base64')))),
  ]);
  return trust;
}

const PEM = /-----BEGIN CERTIFICATE-----([\s\S]+?)-----END CERTIFICATE-----/g;

/** Base64 without line breaks, so that one certificate is one text whoever wrapped it. */
const certificatesIn = (text: string): string[] =>
  Array.from(text.matchAll(PEM), ([, body = '']) => body.replace(/\s/g, ''));
const unique = (list: readonly string[]): string[] => [...new Set(list)];
const pemOf = (list: readonly string[]): string => list.map(wrapped).join('');
const wrapped = (body: string): string =>
  `-----BEGIN CERTIFICATE-----\n${body.replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`;

/** A file that is not there, or not named, holds none. */
async function readCertificates(file: string | undefined): Promise<string[]> {
  return file ? certificatesIn(await readFile(resolve(file), 'utf8').catch(() => '')) : [];
}
