import { createHash } from 'node:crypto';

/** What Java's tools call the password of a trust store by default; it guards nothing, the certificates are public. */
export const KEY_STORE_PASSWORD = 'changeit';

const MAGIC = 0xfeedfeed;
const VERSION = 2;
const TRUSTED_CERTIFICATE = 2;
const WHITENER = 'Mighty Aphrodite';

/**
 * A Java key store of trusted certificates, in the format that every Java reads (JKS; OpenJDK,
 * sun/security/provider/JavaKeyStore.java, engineStore). Written here so that a machine needs no `keytool`, and because
 * no library writes the attribute without which Java distrusts the certificates of a PKCS 12 file.
 *
 * @param certificates DER
 */
export function keyStoreOf(certificates: readonly Buffer[]): Buffer {
  const entries = certificates.flatMap((der, index) => [
    int(TRUSTED_CERTIFICATE),
    utf(`trusted-${index}`),
    Buffer.alloc(8), // the time when it was added
    utf('X.509'),
    int(der.length),
    der,
  ]);
  const body = Buffer.concat([int(MAGIC), int(VERSION), int(certificates.length), ...entries]);
  const password = Buffer.from(KEY_STORE_PASSWORD, 'utf16le').swap16();
  const digest = createHash('sha1').update(password).update(WHITENER).update(body).digest();
  return Buffer.concat([body, digest]);
}

function int(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** java.io.DataOutput.writeUTF, for ASCII. */
function utf(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, Buffer.from(text, 'ascii')]);
}
