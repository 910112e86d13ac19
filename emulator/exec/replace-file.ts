import { rename, writeFile } from 'node:fs/promises';

/** Writes a file, mode 0600, whole or not at all: whoever reads it meanwhile sees the old one. */
export async function replaceFile(file: string, content: string | Buffer): Promise<void> {
  const part = `${file}.${process.pid}`;
  await writeFile(part, content, { mode: 0o600 });
  await rename(part, file);
}
