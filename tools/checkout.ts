import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The folder of the checkout: the nearest one above this module that holds the tools' own files, whether this module
 * runs compiled (dist/tools) or from source.
 */
export function checkoutFolder(from: string = __dirname): string {
  if (existsSync(join(from, 'tools', 'pulumi', 'go.mod'))) return from;
  const parent = dirname(from);
  if (parent === from) throw new Error(`no Groundswell checkout above ${__dirname}: tools/pulumi/go.mod is missing`);
  return checkoutFolder(parent);
}
