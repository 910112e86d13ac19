import type { Verification } from '../../domain/closing';
import { count } from './format';

/** Whether every record is there as it was written, and no other. */
export const isWhole = ({ missing, altered, added }: Verification): boolean =>
  missing.length + altered.length + added.length === 0;

/** What reading a rollout's records again has found, for a person. */
export function verificationText(found: Verification): string {
  if (isWhole(found)) return `${count(found.recordCount, 'record')} are as they were when the rollout was closed.`;
  return [
    ...found.missing.map((path) => `missing  ${path}`),
    ...found.altered.map((path) => `altered  ${path}`),
    ...found.added.map((path) => `added    ${path}`),
  ].join('\n');
}
