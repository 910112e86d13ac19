import fc from 'fast-check';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sortedLines } from '../../../activities/health/sorted-lines';
import { withWorkspace } from '../../../activities/planning/workspace';

async function* streamOf(lines: readonly string[]): AsyncGenerator<string> {
  await Promise.resolve();
  yield* lines;
}

const all = async (lines: AsyncIterable<string>): Promise<string[]> => {
  const found: string[] = [];
  for await (const line of lines) found.push(line);
  return found;
};

const line = fc.string({
  unit: fc.constantFrom('a', 'b', 'A', 'B', '0', '-', '_', ':', '.', ' ', '~'),
  minLength: 1,
  maxLength: 8,
});

it.each([1, 2, 7, 1_000])('sorts as text, with %d lines in memory', async (run) => {
  await withWorkspace(async (folder) => {
    let number = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 30 }), async (lines) => {
        const own = join(folder, String((number += 1)));
        await mkdir(own);

        expect(await all(sortedLines(own, streamOf(lines), run))).toEqual([...lines].sort());
      }),
      { numRuns: 25 },
    );
  });
});
