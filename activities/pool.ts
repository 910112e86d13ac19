/**
 * Calls a function for each item, at most `width` at once, in order of their beginning.
 *
 * @param go asked right before each begins; once it says no, no further one does
 * @throws the first failure, once all that had begun have ended
 */
export async function eachBounded<Item>(
  items: readonly Item[],
  width: number,
  call: (item: Item, index: number) => Promise<void>,
  go: () => boolean = () => true,
): Promise<void> {
  const left = items.entries();
  let failed = false;
  const lane = async (): Promise<void> => {
    for (const [index, item] of left) {
      if (failed || !go()) return;
      await call(item, index).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: Math.min(width, items.length) }, lane));
  const first = lanes.find(({ status }) => status === 'rejected');
  if (first?.status === 'rejected') throw first.reason;
}
