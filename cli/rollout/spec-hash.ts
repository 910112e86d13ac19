import { createHash } from 'node:crypto';
import type { RolloutSpec } from '../../domain/spec';

/** JSON with sorted keys: the same value gives the same text, however it was written down. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/**
 * Tells whether two specs ask for the same: defaults are filled in before, so leaving one out changes nothing.
 *
 * @returns 64 hexadecimal digits, the SHA-256 of the spec's canonical JSON
 */
export const specHashOf = (spec: RolloutSpec): string => createHash('sha256').update(canonicalJson(spec)).digest('hex');
