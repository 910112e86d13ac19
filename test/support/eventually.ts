import { setTimeout as sleep } from 'node:timers/promises';

/** Less than a test's own time, so that a failure says what did not come. */
const WITHIN_MS = 120_000;

/**
 * Tries an expectation until it holds; when it never does, its own failure counts. What it waits for must stay once it
 * has come: it looks now and then.
 */
export async function eventually(expectation: () => unknown): Promise<void> {
  const deadline = Date.now() + WITHIN_MS;
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
