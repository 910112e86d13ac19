import { setTimeout as sleep } from 'node:timers/promises';
import { lock } from 'proper-lockfile';

const POLL_MS = 500;

/**
 * Does work that only one process at a time should do. A holder that dies loses the lock within 20 s.
 *
 * @param folder   must exist; the lock lies beside it as `<folder>.lock`
 * @param waiting  called while another process holds the lock
 * @param work     gets a signal that is aborted with `signal`, or when another process took the lock over
 */
export async function withLock<T>(
  folder: string,
  { signal, waiting }: { readonly signal: AbortSignal; readonly waiting: () => void },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  const release = await acquire(folder, { signal, waiting, onLost: (error) => lost.abort(error) });
  try {
    return await work(AbortSignal.any([signal, lost.signal]));
  } finally {
    if (!lost.signal.aborted) await release();
  }
}

async function acquire(
  folder: string,
  { signal, waiting, onLost }: { signal: AbortSignal; waiting: () => void; onLost: (error: Error) => void },
): Promise<() => Promise<void>> {
  for (;;) {
    signal.throwIfAborted();
    try {
      const lockfilePath = `${folder}.lock`;
      return await lock(folder, { lockfilePath, realpath: false, stale: 20_000, update: 4_000, onCompromised: onLost });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error;
      waiting();
      await sleep(POLL_MS, undefined, { signal });
    }
  }
}
