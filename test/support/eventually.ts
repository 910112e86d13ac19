import { setTimeout as sleep } from 'node:timers/promises';

/** Tries an expectation until it holds; after `withinMs` its own failure counts. */
export async function eventually(expectation: () => unknown, withinMs = 20_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      await expectation();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
