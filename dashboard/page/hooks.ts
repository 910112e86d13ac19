import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { FleetStore } from '../core/fleet-store';
import { type Route, routeOf } from '../core/route';

const ROUTED = 'groundswell:routed';

/** Goes to an address behind the `#`. @param replace leaves no step to go back to */
export function go(hash: string, replace = false): void {
  if (hash === location.hash) return;
  if (replace) history.replaceState(null, '', hash);
  else history.pushState(null, '', hash);
  dispatchEvent(new Event(ROUTED)); // neither tells anybody by itself
}

export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const read = (): void => setHash(location.hash);
    const events = ['hashchange', 'popstate', ROUTED];
    for (const event of events) addEventListener(event, read);
    return () => {
      for (const event of events) removeEventListener(event, read);
    };
  }, []);
  return useMemo(() => routeOf(hash), [hash]);
}

/** @returns a number that changes when the devices do */
export function useVersion(store: FleetStore): number {
  const [version, setVersion] = useState(store.version);
  useEffect(() => store.subscribe(() => setVersion(store.version)), [store]);
  return version;
}

/** @returns the time, ms since 1970, anew every so often: what is told as "2 minutes ago" must not stand still */
export function useNow(everyMs = 5_000): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** @param query as CSS has it */
export function useMedia(query: string): boolean {
  const list = useMemo(() => matchMedia(query), [query]);
  const [matches, setMatches] = useState(list.matches);
  useEffect(() => {
    const read = (): void => setMatches(list.matches);
    read();
    list.addEventListener('change', read);
    return () => list.removeEventListener('change', read);
  }, [list]);
  return matches;
}

/** What a call has come to: the last answer, and why there is no newer one. */
export interface Answered<Value> {
  readonly value?: Value;
  readonly error?: unknown;
  /** Asks at once. */
  readonly again: () => void;
}

const LONGEST_MS = 30_000;

interface Asking<Value> {
  readonly ask: (signal: AbortSignal) => Promise<Value>;
  /** Asked anew, and forgotten, when it changes. */
  readonly key: string;
  /** After an answer: until the next one, or undefined for never. */
  readonly nextMs?: (value: Value) => number | undefined;
}

/** Asks, again and again where `nextMs` says so; after failures ever more slowly; not while nobody sees the page. */
export function useAnswer<Value>({ ask, key, nextMs }: Asking<Value>): Answered<Value> {
  const [state, setState] = useState<{ readonly key: string; readonly value?: Value; readonly error?: unknown }>({
    key,
  });
  const [turn, setTurn] = useState(0);
  const latest = useRef({ ask, nextMs });
  latest.current = { ask, nextMs };
  useEffect(() => {
    const over = new AbortController();
    void askOn({
      latest,
      over: over.signal,
      told: (told) => setState((old) => ({ ...(old.key === key && old), key, ...told })),
    });
    return () => over.abort();
  }, [key, turn]);
  const again = useCallback(() => setTurn((n) => n + 1), []);
  return state.key === key ? { ...state, again } : { again };
}

async function askOn<Value>({
  latest,
  over,
  told,
}: {
  readonly latest: { readonly current: Pick<Asking<Value>, 'ask' | 'nextMs'> };
  readonly over: AbortSignal;
  readonly told: (state: { readonly value?: Value; readonly error?: unknown }) => void;
}): Promise<void> {
  const ended = (): boolean => over.aborted;
  for (let failures = 0; !ended();) {
    let pauseMs: number | undefined;
    try {
      const value = await latest.current.ask(over);
      if (ended()) return;
      failures = 0;
      told({ value, error: undefined });
      pauseMs = latest.current.nextMs?.(value);
    } catch (error) {
      if (ended()) return;
      failures += 1;
      told({ error });
      pauseMs = latest.current.nextMs === undefined ? undefined : Math.min(LONGEST_MS, 1_000 * 2 ** failures);
    }
    if (pauseMs === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (document.hidden)
      await new Promise((resolve) => document.addEventListener('visibilitychange', resolve, { once: true }));
  }
}
