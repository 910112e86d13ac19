import type { Clock } from '../../world/clock';

/** Work done in one go before others on the event loop get their turn. */
const BURST = 200;

/** Hands out turns to touch a device: at a rate when one is set, else in bursts with room for other work between them. */
export class Pacer {
  readonly #waiting = new Set<() => void>();
  #tokens = 0;
  #filledAt: number;
  #armed = false;

  /** @param ratePerSecond read anew before each burst; undefined for no limit */
  constructor(
    private readonly clock: Clock,
    private readonly ratePerSecond: () => number | undefined,
  ) {
    this.#filledAt = clock.now();
  }

  /** How many devices may be touched now, up to a burst; the caller tells with {@link spend} how many it did. */
  available(): number {
    const rate = this.ratePerSecond();
    if (rate === undefined) return BURST;
    const now = this.clock.now();
    this.#tokens = Math.min(rate, this.#tokens + ((now - this.#filledAt) * rate) / 1000);
    this.#filledAt = now;
    return Math.floor(this.#tokens);
  }

  spend(turns: number): void {
    this.#tokens -= turns;
  }

  /** Calls back when there may be turns again. One timer serves all who wait. */
  whenAvailable(callback: () => void): void {
    this.#waiting.add(callback);
    if (this.#armed) return;
    this.#armed = true;
    const rate = this.ratePerSecond();
    if (rate === undefined) setImmediate(() => this.#wake());
    else this.clock.at(this.clock.now() + Math.ceil(1000 / rate), () => this.#wake());
  }

  #wake(): void {
    this.#armed = false;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const callback of waiting) callback();
  }
}
