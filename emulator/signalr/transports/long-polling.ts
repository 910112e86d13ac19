import type { Payload } from '../protocols';
import { MOST_WAITING, type Transport } from './transport';

/** What a poll is answered with: messages one after another, none when its time is over, 204 when there will be none. */
export type PollAnswer = { readonly status: 200; readonly body: Buffer } | { readonly status: 204 };

/** A poll under way. */
export interface Poll {
  readonly answer: Promise<PollAnswer>;
  /** Its client has gone: messages wait for the next one. */
  readonly abandon: () => void;
}

/** A poll without a message is answered after so long (aspnetcore, LongPollingOptions.PollTimeout). */
const POLL_FOR_MS = 90_000;

const NOTHING: PollAnswer = { status: 200, body: Buffer.alloc(0) };

/** Keeps messages until the client asks. Its first poll is answered at once, with nothing: it opens the connection. */
export class LongPolling implements Transport {
  readonly isBinary = true;
  readonly isPolled = true;
  readonly #queue: Buffer[] = [];
  #queued = 0;
  #hasEnded = false;
  #waiting: { readonly answer: (answer: PollAnswer) => void; readonly timer: NodeJS.Timeout } | undefined;
  #askedAt = Date.now();

  get askedAt(): number {
    return this.#waiting === undefined ? this.#askedAt : Date.now();
  }

  send(payload: Payload): boolean {
    const bytes = Buffer.from(payload);
    this.#queue.push(bytes);
    this.#queued += bytes.length;
    if (this.#waiting !== undefined) this.#answer(this.#next() ?? NOTHING);
    return this.#queued <= MOST_WAITING;
  }

  end(): void {
    this.#hasEnded = true;
    if (this.#waiting !== undefined) this.#answer({ status: 204 });
  }

  cut(): void {
    this.#queue.length = 0;
    this.end();
  }

  /** Waits for messages. A poll that still waits is over then: its client has given it up. */
  poll(): Poll {
    if (this.#waiting !== undefined) this.#answer({ status: 204 });
    this.#askedAt = Date.now();
    const next = this.#next();
    if (next !== undefined) return { answer: Promise.resolve(next), abandon: () => undefined };
    const timer = setTimeout(() => this.#answer(NOTHING), POLL_FOR_MS);
    timer.unref();
    const { promise, resolve } = withResolvers<PollAnswer>();
    const waiting = { answer: resolve, timer };
    this.#waiting = waiting;
    const abandon = (): void => {
      if (this.#waiting === waiting) this.#answer(NOTHING);
    };
    return { answer: promise, abandon };
  }

  /** What is there to say; undefined when there is nothing yet. */
  #next(): PollAnswer | undefined {
    if (this.#queue.length === 0) return this.#hasEnded ? { status: 204 } : undefined;
    const body = Buffer.concat(this.#queue.splice(0));
    this.#queued = 0;
    return { status: 200, body };
  }

  #answer(answer: PollAnswer): void {
    clearTimeout(this.#waiting?.timer);
    this.#waiting?.answer(answer);
    this.#waiting = undefined;
    this.#askedAt = Date.now();
  }
}

/** The first poll's answer. */
export const OPENED = NOTHING;

function withResolvers<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => (resolve = done));
  return { promise, resolve };
}
