import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { CliError, EXIT } from '../output';

/** Others of the machine: whoever reads the token may steer rollouts. */
const OTHERS = 0o077;

/** Makes a token in a file that only its owner can read. @throws when there is such a file */
export async function makeToken(file: string): Promise<string> {
  const token = randomBytes(32).toString('base64url');
  await writeFile(file, token, { mode: 0o600, flag: 'wx' });
  await chmod(file, 0o600); // whatever the umask says
  return token;
}

/** @throws CliError when the file is not there, or can be read by others */
export async function readToken(file: string): Promise<string> {
  try {
    const { mode } = await stat(file);
    if ((mode & OTHERS) !== 0)
      throw new CliError(
        EXIT.usage,
        `${file} can be read by others: its mode is ${(mode & 0o777).toString(8)}`,
        `chmod 600 ${file}`,
      );
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    const { code } = cause as NodeJS.ErrnoException;
    throw new CliError(EXIT.usage, `the token file ${file} cannot be read: ${code ?? String(cause)}`, undefined, {
      cause,
    });
  }
}
