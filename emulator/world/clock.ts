/** Time as the hub sees it. Everything that waits or stamps asks it, so that tests (and a virtual clock) can set it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls back once, at `time` (ms since the epoch) or soon after; never before this call returns. @returns cancels */
  at(time: number, callback: () => void): () => void;
}

/** setTimeout takes at most 2^31 - 1 ms and fires at once beyond it. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's clock. Its timers keep no process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  at(time, callback) {
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      const left = time - Date.now();
      timer = left > LONGEST_MS ? setTimeout(arm, LONGEST_MS) : setTimeout(callback, Math.max(0, left));
      timer.unref();
    };
    arm();
    return () => clearTimeout(timer);
  },
};
