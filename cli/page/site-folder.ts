import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError, EXIT } from '../output';

/** Of the compiled module, and of its source. */
const PLACES = [join(__dirname, '../../site'), join(__dirname, '../../dist/site')];

/** @returns the folder that `npm run build:dashboard` makes @throws CliError when it has not been run */
export function siteFolder(): string {
  const found = PLACES.find((folder) => existsSync(join(folder, 'index.html')));
  if (found !== undefined) return found;
  throw new CliError(EXIT.failed, 'the page is not built', 'npm run build:dashboard');
}
