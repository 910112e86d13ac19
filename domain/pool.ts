/**
 * Runs an asynchronous function over items, at most `limit` at a time, starting them in order. When one fails no further
 * item is started.
 *
 * @returns the results in the order of the items
 * @throws  the first failure, once all that had begun have ended
 */
export async function mapBounded<Item, Result>(
  items: readonly Item[],
  limit: number,
  run: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      results[index] = await run(item).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  const first = workers.find(({ status }) => status === 'rejected');
  if (first?.status === 'rejected') throw first.reason;
  return results;
}

/** Cuts a list into slices of at most `size`. */
export const chunksOf = <Item>(items: readonly Item[], size: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));
