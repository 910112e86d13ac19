import { join } from 'node:path';
import { LineFiles, linesOf } from '../planning/lines';

/** Lines that are sorted in memory at once: some 10 MB of device ids. */
const RUN = 100_000;

async function* eachLine(path: string): AsyncGenerator<string> {
  for await (const lines of linesOf(path)) yield* lines;
}

/** Of several sorted streams one sorted stream. Few of them: all are looked at for each line. */
async function* merged(streams: readonly AsyncIterator<string>[]): AsyncGenerator<string> {
  const heads = await Promise.all(streams.map(async (stream) => ({ stream, head: await stream.next() })));
  for (;;) {
    let least: (typeof heads)[number] | undefined;
    for (const each of heads) {
      if (each.head.done !== true && (least === undefined || each.head.value < least.head.value)) least = each;
    }
    if (least === undefined) return;
    yield least.head.value;
    least.head = await least.stream.next();
  }
}

/**
 * Sorts lines on disk, as text by UTF-16 units.
 *
 * @param folder that nothing else writes to
 * @param lines  Latin-1 text without line feeds
 * @param inMemory lines that are sorted at once
 */
export async function* sortedLines(
  folder: string,
  lines: AsyncIterable<string>,
  inMemory = RUN,
): AsyncGenerator<string> {
  const files = new LineFiles();
  const paths: string[] = [];
  let run: string[] = [];
  const keep = async (): Promise<void> => {
    const path = join(folder, `run-${paths.length}`);
    paths.push(path);
    for (const line of run.sort()) files.add(path, line);
    run = [];
    await files.flush();
  };
  for await (const line of lines) {
    run.push(line);
    if (run.length >= inMemory) await keep();
  }
  await keep();
  yield* merged(paths.map(eachLine));
}
