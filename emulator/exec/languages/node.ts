import { join } from 'node:path';
import type { Trust } from '../trust';
import { withPart, type Environment } from '../variables';

/** Node: a preload that leads dials (../preload.ts), and the CA beside the roots that Node has built in. */
export function nodeVariables({ extraFile }: Trust, base: Environment): Record<string, string> {
  const preload = `--require ${JSON.stringify(join(__dirname, '..', 'preload.js'))}`;
  return {
    NODE_OPTIONS: base.NODE_OPTIONS?.includes(preload)
      ? base.NODE_OPTIONS
      : withPart(base.NODE_OPTIONS, preload, { separator: ' ' }),
    NODE_EXTRA_CA_CERTS: extraFile,
  };
}
