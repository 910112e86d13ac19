import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodedUri } from '../uri';

/** A shared access signature, taken apart but not yet trusted. */
export interface SasToken {
  /** `sr` exactly as it stands in the token: the signature is over this text. */
  readonly resource: string;
  readonly signature: string;
  /** `se` as text, which is signed too. */
  readonly expiryText: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** `skn`: the policy that signed; without it a device's own key did. */
  readonly policy: string | undefined;
}

const PREFIX = /^SharedAccessSignature\s+/i;

/** Reads `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`, fields in any order. @returns undefined when malformed */
export function parseSas(text: string): SasToken | undefined {
  if (!PREFIX.test(text)) return undefined;
  const fields = fieldsOf(text.replace(PREFIX, '').trim());
  if (fields === undefined) return undefined;
  const [resource, sig, expiryText] = [fields.get('sr'), fields.get('sig'), fields.get('se')];
  const signature = sig === undefined ? undefined : decodedUri(sig);
  if (!resource || !signature || !expiryText || !/^\d{1,15}$/.test(expiryText)) return undefined;
  const skn = fields.get('skn');
  return {
    resource,
    signature,
    expiryText,
    expiresAt: Number(expiryText) * 1000,
    policy: skn ? decodedUri(skn) : undefined,
  };
}

/** @returns undefined when a field comes twice: two readers might take one each */
function fieldsOf(text: string): Map<string, string> | undefined {
  const fields = text.split('&').map((field): [string, string] => {
    const equals = field.indexOf('=');
    return equals < 0 ? [field, ''] : [field.slice(0, equals), field.slice(equals + 1)];
  });
  const byName = new Map(fields);
  return byName.size === fields.length ? byName : undefined;
}

/**
 * Whether one of the keys made the signature. Clients disagree on whether `sr` is signed as sent, decoded or encoded
 * (and with which case of escapes), so each reading is tried. Takes the same time for every wrong key.
 *
 * @param keys base64; empty ones never match
 * @param reading Event Hubs signs with the key's text as it stands, all others with the bytes that it encodes
 */
export function isSignedBy(token: SasToken, keys: readonly string[], reading: 'base64' | 'utf8' = 'base64'): boolean {
  const given = Buffer.from(token.signature, 'base64');
  if (given.toString('base64') !== token.signature) return false; // node skips what is no base64: other texts, same bytes
  for (const key of keys.filter((each) => each !== '')) {
    for (const resource of readingsOf(token.resource)) {
      const data = `${resource}\n${token.expiryText}`;
      const wanted = createHmac('sha256', Buffer.from(key, reading)).update(data).digest();
      if (given.length === wanted.length && timingSafeEqual(given, wanted)) return true;
    }
  }
  return false;
}

/** What may have been signed, each once; most clients sign the text as it stands. */
function* readingsOf(resource: string): Iterable<string> {
  yield resource;
  const plain = decodedUri(resource) ?? resource;
  const encoded = encodeURIComponent(plain);
  const others = new Set([plain, encoded, encoded.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase())]);
  others.delete(resource);
  yield* others;
}

/**
 * Whether a token for `resource` may be used on `uri` (`host/segment/…`): a prefix by whole segments. The host is
 * compared without case, segments with.
 *
 * @param uri not encoded
 * @example covers('h.test/devices', 'H.test/devices/d1') // => true
 * @example covers('h.test/devices', 'h.test/devicesX')   // => false
 */
export function covers(resource: string, uri: string): boolean {
  const [givenHost = '', ...given] = segmentsOf(decodedUri(resource) ?? resource);
  const [host = '', ...wanted] = segmentsOf(uri);
  const sameHost = givenHost.replace(/:\d+$/, '').toLowerCase() === host.toLowerCase();
  return sameHost && given.every((segment, i) => segment === wanted[i] || decodedUri(segment) === wanted[i]);
}

const segmentsOf = (uri: string): string[] =>
  uri
    .replace(/^[a-z]+:\/\//i, '')
    .replace(/\/+$/, '')
    .split('/');

/** The device that the resource names (`host/devices/<id>…`), and the module (`…/modules/<id>…`), if any. */
export function ownerOf(
  resource: string,
): { readonly deviceId: string; readonly moduleId: string | undefined } | undefined {
  const [, collection, deviceId, modules, moduleId] = segmentsOf(decodedUri(resource) ?? resource);
  if (collection?.toLowerCase() !== 'devices' || !deviceId) return undefined;
  return { deviceId, moduleId: modules?.toLowerCase() === 'modules' && moduleId ? moduleId : undefined };
}
