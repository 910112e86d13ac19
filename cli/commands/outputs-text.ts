import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CliError, EXIT } from '../output';

/** @param source of stack outputs: a file, or `-` for stdin @throws CliError when the file cannot be read */
export const outputsText = (source: string): Promise<string> =>
  source === '-' ? text(process.stdin) : fileText(source);

async function fileText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new CliError(
      EXIT.usage,
      `cannot read ${file}: ${(cause as NodeJS.ErrnoException).code ?? 'unknown'}`,
      undefined,
      {
        cause,
      },
    );
  }
}
