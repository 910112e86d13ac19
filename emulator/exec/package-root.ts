import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The package's folder: compiled code lies one folder deeper below it than sources do. */
export function packageRoot(folder = __dirname): string {
  return existsSync(join(folder, 'package.json')) ? folder : packageRoot(dirname(folder));
}
