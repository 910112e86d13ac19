import type { Io } from './output';

/** The world of this process. A reader of stdout that has gone (EPIPE) counts as an interrupt, never as a crash. */
export function processIo(): Io {
  const listeners = new Set<() => void>();
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    for (const listener of listeners) listener();
  });
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    onInterrupt(listener) {
      listeners.add(listener);
      process.once('SIGINT', listener);
      return () => {
        listeners.delete(listener);
        process.removeListener('SIGINT', listener);
      };
    },
  };
}
