/** Ctrl-C and its kin, as a promise and an AbortSignal. */
export interface StopSignals {
  /** Aborted by the first one. */
  readonly signal: AbortSignal;
  /** Resolves to the first one. */
  readonly first: Promise<NodeJS.Signals>;
  /** Called at each further one: the user wants it over now. */
  onSecond(hurry: () => void): void;
  /** Stops listening: the signals end the process again. */
  close(): void;
}

/** The reason of an abort by a signal. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Listens for SIGINT, SIGTERM and SIGHUP. */
export function stopSignals(): StopSignals {
  const abort = new AbortController();
  let hurry = (): void => undefined;
  let resolveFirst: (signal: NodeJS.Signals) => void;
  const first = new Promise<NodeJS.Signals>((resolve) => (resolveFirst = resolve));
  const listener = (signal: NodeJS.Signals): void => {
    if (abort.signal.aborted) hurry();
    resolveFirst(signal);
    abort.abort(new Interrupted(`interrupted by ${signal}`));
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    signal: abort.signal,
    first,
    onSecond: (action) => void (hurry = action),
    close: () => {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}
