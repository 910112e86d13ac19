import type { DeviceView } from '../../telemetry/view';
import type { FleetStore } from './fleet-store';

/** A connection on which states come. */
export interface LiveConnection {
  /** Fulfilled when it ends, whoever has ended it. */
  readonly closed: Promise<void>;
  stop(): Promise<void>;
}

/** What following needs of the world. */
export interface FollowPorts {
  /** @throws when it cannot be made */
  connect(site: string, told: (views: readonly DeviceView[]) => void): Promise<LiveConnection>;
  /** @throws when one cannot be had, or on `signal` */
  pages(site: string, signal: AbortSignal): AsyncIterable<readonly DeviceView[]>;
  /** Ends early on `signal`, and when the browser is back on its network. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** 0 to 1. */
  random(): number;
}

/** How live the page is. `retryInMs`: until it tries again. */
export type LiveStatus =
  | { readonly kind: 'connecting' | 'loading' | 'live' }
  | { readonly kind: 'away'; readonly why: string; readonly retryInMs: number };

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Twice as long after each try, half of it by chance: a thousand pages must not come back in one moment. */
export const pauseMs = (tries: number, random: number): number =>
  Math.round(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** tries) * (0.5 + random / 2));

export interface Following {
  readonly store: FleetStore;
  readonly ports: FollowPorts;
  readonly site: string;
  readonly signal: AbortSignal;
  readonly onStatus: (status: LiveStatus) => void;
}

/**
 * Keeps the store as the hosts have it, until `signal`: connects first and loads then, so that nothing told in between is
 * missed; when the connection ends it begins again, since serverless connections keep no messages for who was away.
 */
export async function follow(following: Following): Promise<void> {
  const { ports, signal, onStatus } = following;
  const ended = (): boolean => signal.aborted; // by whoever has the signal, in any await
  for (let tries = 0; !ended(); tries += 1) {
    let why = 'the connection has ended';
    try {
      if (await once(following)) tries = 0;
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
    if (ended()) return;
    const retryInMs = pauseMs(tries, ports.random());
    onStatus({ kind: 'away', why, retryInMs });
    await ports.pause(retryInMs, signal);
  }
}

/** @returns whether it was live before the connection ended */
async function once({ store, ports, site, signal, onStatus }: Following): Promise<boolean> {
  onStatus({ kind: 'connecting' });
  const connection = await ports.connect(site, (views) => store.apply(views));
  const over = new AbortController();
  const end = (): void => {
    over.abort(new Error('the connection has ended'));
    void connection.stop();
  };
  signal.addEventListener('abort', end);
  void connection.closed.then(end);
  try {
    if (signal.aborted) return false;
    onStatus({ kind: 'loading' });
    await store.load(ports.pages(site, over.signal), site);
    onStatus({ kind: 'live' });
    await connection.closed;
    return true;
  } finally {
    signal.removeEventListener('abort', end);
    await connection.stop();
  }
}
