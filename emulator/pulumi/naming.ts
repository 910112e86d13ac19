import { createHash, randomBytes } from 'node:crypto';

import { parametersOf } from './types';

/** How azure-native makes a name that the program leaves open. */
export type Naming = 'random' | 'uuid' | 'copy';

/**
 * The input that names a resource, the last of its path, and how the name is made (azure-native,
 * provider/pkg/resources/naming, AutoName): a GUID for roles, the logical name itself for what lies in another resource,
 * and for all else the logical name with eight random digits. Undefined for a path that ends in a fixed name.
 */
export function namingOf(entry: {
  readonly path: string;
}): { readonly input: string; readonly kind: Naming } | undefined {
  const input = parametersOf(entry).at(-1);
  if (input === undefined || !entry.path.endsWith(`{${input}}`)) return undefined;
  if (input === 'roleAssignmentName' || input === 'roleDefinitionId') return { input, kind: 'uuid' };
  const own = entry.path.toLowerCase().split('microsoft.').at(-1) ?? '';
  const isTopLevel = !entry.path.toLowerCase().includes('microsoft.') || own.split('{').length === 2;
  return { input, kind: isTopLevel ? 'random' : 'copy' };
}

/** @param seed of the engine: the same for a preview and the update that follows; empty when the engine sends none */
export function autoName(kind: Naming, logicalName: string, seed: Uint8Array): string {
  if (kind === 'copy') return logicalName;
  const digest = seed.length > 0 ? createHash('sha256').update(seed).update(logicalName).digest() : randomBytes(32);
  const hex = digest.toString('hex');
  return kind === 'uuid' ? uuidOf(hex) : `${logicalName}${hex.slice(0, 8)}`;
}

/** Whether {@link autoName} may have made the name, and makes another for a replacement, which then can come first. */
export function isAutoName(kind: Naming, logicalName: string, name: unknown): boolean {
  if (typeof name !== 'string' || kind === 'copy') return false;
  if (kind === 'uuid') return UUID.test(name);
  return name.startsWith(logicalName) && /^[0-9a-f]{8}$/.test(name.slice(logicalName.length));
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/;

/** Random bits in the form of a version 4 UUID (RFC 9562, section 5.4). */
const uuidOf = (hex: string): string =>
  [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
