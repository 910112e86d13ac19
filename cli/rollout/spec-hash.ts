import { createHash } from 'node:crypto';
import { canonicalJson } from '../../domain/canonical';
import type { RolloutSpec } from '../../domain/spec';

/**
 * Tells whether two specs ask for the same: defaults are filled in before, so leaving one out changes nothing.
 *
 * @returns 64 hexadecimal digits, the SHA-256 of the spec's canonical JSON
 */
export const specHashOf = (spec: RolloutSpec): string => createHash('sha256').update(canonicalJson(spec)).digest('hex');
