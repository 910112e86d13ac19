import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The address of one of the scripts, for an import. */
export const scriptUrl = (name: string) => pathToFileURL(join(__dirname, '..', '..', 'scripts', name)).href;

/** Evaluates an expression over a script's exports in a node of its own: the scripts are ES modules, jest runs none. */
export function evaluate(script: string, expression: string): unknown {
  const code = `import * as script from '${scriptUrl(script)}'; console.log(JSON.stringify(${expression}));`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }));
}
