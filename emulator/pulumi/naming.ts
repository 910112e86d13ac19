import { createHash, randomBytes } from 'node:crypto';

import type { TypeEntry } from './table';

/**
 * A name for a resource that the program did not name, as azure-native makes it: the logical name and eight random
 * hexadecimal digits, or a GUID for role assignments.
 *
 * @param seed of the engine: the same for a preview and the update that follows; empty when the engine sends none
 * @throws Error when the name would be too long for the type
 */
export function autoName(naming: NonNullable<TypeEntry['naming']>, logicalName: string, seed: Uint8Array): string {
  const digest = seed.length > 0 ? createHash('sha256').update(seed).update(logicalName).digest() : randomBytes(32);
  const hex = digest.toString('hex');
  if (naming.kind === 'uuid') return uuidOf(hex);
  const name = `${logicalName}${hex.slice(0, 8)}`;
  if (name.length <= naming.maxLength) return name;
  throw new Error(
    `the generated name '${name}' exceeds ${naming.maxLength} characters: set it, or shorten the resource's name`,
  );
}

/** Whether {@link autoName} may have made the name: then a replacement gets another one and can be made first. */
export function isAutoName({ kind }: NonNullable<TypeEntry['naming']>, logicalName: string, name: unknown): boolean {
  if (typeof name !== 'string') return false;
  if (kind === 'uuid') return UUID.test(name);
  return name.startsWith(logicalName) && /^[0-9a-f]{8}$/.test(name.slice(logicalName.length));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/;

/** Random bits in the form of a version 4 UUID (RFC 9562, section 5.4). */
const uuidOf = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
