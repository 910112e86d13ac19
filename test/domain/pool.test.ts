import { setImmediate as tick } from 'node:timers/promises';
import { chunksOf, mapBounded } from '../../domain/pool';

describe('mapBounded', () => {
  it('never runs more than the limit at once and keeps the order of the items', async () => {
    let running = 0;
    let most = 0;

    const results = await mapBounded([5, 1, 4, 2, 3, 0], 2, async (turns) => {
      most = Math.max(most, (running += 1));
      for (let turn = 0; turn < turns; turn += 1) await tick();
      running -= 1;
      return turns * 10;
    });

    expect(most).toBe(2);
    expect(results).toEqual([50, 10, 40, 20, 30, 0]);
  });

  it('starts no further item once one has failed', async () => {
    const started: number[] = [];

    const mapping = mapBounded([0, 1, 2, 3, 4, 5], 2, async (item) => {
      started.push(item);
      await tick();
      if (item === 1) throw new Error('item 1 failed');
    });

    await expect(mapping).rejects.toThrow('item 1 failed');
    await tick();
    expect(started).not.toContain(4);
  });
});

it('cuts a list into slices of at most the size', () => {
  expect(chunksOf([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(chunksOf([], 2)).toEqual([]);
});
