import type { Credentials, Home, MethodAnswer, Properties, Telemetry } from './types';

/** What a hub tells a device while it is connected. */
export interface HubEvents {
  /** Names of the methods that it answers. */
  readonly methods: readonly string[];
  /** Answers a method; never throws. */
  method(name: string, payload: unknown): Promise<MethodAnswer>;
  /** The reported section, before anything else. */
  reported(section: Properties): void;
  /** The whole desired section, with `$version`, after connecting; then each change to it, with its own. */
  desired(change: Properties): void;
  /** The connection is gone. Called once at most, and never after `close`. */
  lost(error: unknown): void;
  /** Something went wrong that the connection survives. */
  problem(error: unknown): void;
}

/** One connection of a device to a hub. */
export interface HubSession {
  /** @throws when the hub did not take it, or the connection ended before it said so */
  report(patch: Properties): Promise<void>;
  /** Resolves once the hub has the message. @throws as `report` does */
  send(message: Telemetry): Promise<void>;
  /** Never throws. */
  close(): Promise<void>;
}

/**
 * Connects a device to a hub. Once it has resolved, methods and desired changes reach the device.
 *
 * @throws an error that `failureOf` reads
 */
export type OpenHub = (home: Home, credentials: Credentials, events: HubEvents) => Promise<HubSession>;

/** How long a hub may take until a device is connected and has its twin. */
const CONNECT_WITHIN_MS = 60_000;

/** Of what a session still waits for when its connection ends: the SDKs forget to answer some of it. */
export class Pending {
  readonly #waiting = new Set<(error: Error) => void>();

  /** @throws what the work throws, or that the connection has ended */
  during<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      work.then(resolve, reject).finally(() => this.#waiting.delete(reject));
    });
  }

  end(): void {
    for (const reject of this.#waiting) reject(new Error('the connection has ended'));
    this.#waiting.clear();
  }
}

/** @throws an Error when the work takes longer; it is not stopped */
async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Opens a session in time, or closes what there is of it. @throws as `open` does */
export async function opened<Session extends HubSession & { open(): Promise<void> }>(
  session: Session,
): Promise<Session> {
  try {
    await within(CONNECT_WITHIN_MS, 'connecting', session.open());
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}
