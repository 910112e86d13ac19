import { createReadStream } from 'node:fs';
import { appendFile } from 'node:fs/promises';

/** Characters kept in memory for all files of a set together before they are written; each costs some 20 bytes there. */
const BUFFERED = 1024 * 1024;
const BLOCK = 256 * 1024;

/** A set of files that lines are appended to; what has not been written yet is bounded, whatever the number of files. */
export class LineFiles {
  readonly #pending = new Map<string, string[]>();
  #buffered = 0;

  /** @param line Latin-1 text without a line feed */
  add(path: string, line: string): void {
    const lines = this.#pending.get(path);
    if (lines === undefined) this.#pending.set(path, [line]);
    else lines.push(line);
    this.#buffered += line.length + 1;
  }

  /** Writes when there is much to write; to be called now and then between `add`s. */
  async relieve(): Promise<void> {
    if (this.#buffered > BUFFERED) await this.flush();
  }

  async flush(): Promise<void> {
    const all = [...this.#pending];
    this.#pending.clear();
    this.#buffered = 0;
    for (const [path, lines] of all) await appendFile(path, `${lines.join('\n')}\n`, 'latin1');
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

/** A file's lines, block by block; none when there is no such file. */
export async function* linesOf(path: string): AsyncGenerator<string[]> {
  let rest = '';
  try {
    for await (const block of createReadStream(path, { encoding: 'latin1', highWaterMark: BLOCK })) {
      const lines = (rest + String(block)).split('\n');
      rest = lines.pop() ?? '';
      if (lines.length > 0) yield lines;
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}
