import type { Clock } from './clock';
import { Heap } from './heap';

/** As setTimeout: at most 2^31 - 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

interface Timer {
  readonly time: number;
  readonly order: number;
  /** undefined once cancelled. */
  callback: (() => void) | undefined;
}

/** How a {@link VirtualClock} goes. */
export interface ClockState {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly isFrozen: boolean;
  /** Milliseconds of its own for each of the machine's, while it is not frozen. */
  readonly speed: number;
}

/** Time that a test sets, moves on, stops and speeds up. Timers fire in the order of their times. */
export class VirtualClock implements Clock {
  readonly #timers = new Heap<Timer>((a, b) => a.time - b.time || a.order - b.order);
  #base: number;
  #anchor: number;
  #speed = 1;
  #isFrozen = false;
  #order = 0;
  #cancelled = 0;
  #real: NodeJS.Timeout | undefined;
  #moving = Promise.resolve();

  /** @param machine the machine's time, ms since the epoch */
  constructor(private readonly machine: () => number = Date.now) {
    this.#base = this.#anchor = machine();
  }

  now(): number {
    return this.#isFrozen ? this.#base : Math.floor(this.#base + (this.machine() - this.#anchor) * this.#speed);
  }

  at(time: number, callback: () => void): () => void {
    const timer: Timer = { time, order: this.#order++, callback };
    this.#timers.push(timer);
    if (this.#timers.peek() === timer) this.#arm();
    return () => {
      if (timer.callback === undefined) return;
      timer.callback = undefined;
      this.#cancelled += 1;
      this.#compact();
    };
  }

  get state(): ClockState {
    return { now: this.now(), isFrozen: this.#isFrozen, speed: this.#speed };
  }

  /** Changes how it goes from now on. @param speed > 0 */
  run({ isFrozen = this.#isFrozen, speed = this.#speed }: Partial<Omit<ClockState, 'now'>>): void {
    this.#rebase(this.now());
    this.#isFrozen = isFrozen;
    this.#speed = speed;
    this.#arm();
  }

  /**
   * Moves to a time. On the way forward each timer fires at its own time, and what it sets off is given its turn before
   * the next; on the way back nothing fires, and timers keep their times.
   */
  set(time: number): Promise<void> {
    return (this.#moving = this.#moving.then(() => this.#move(time)));
  }

  /** As {@link set}, by so many milliseconds. */
  advance(ms: number): Promise<void> {
    return (this.#moving = this.#moving.then(() => this.#move(this.now() + ms)));
  }

  async #move(end: number): Promise<void> {
    const wasFrozen = this.#isFrozen;
    this.#rebase(this.now());
    this.#isFrozen = true;
    clearTimeout(this.#real);
    for (let next = this.#next(); next !== undefined && next.time <= end; next = this.#next()) {
      this.#base = Math.max(this.#base, next.time);
      this.#fire(next.time);
      await turn();
    }
    this.#rebase(end);
    this.#isFrozen = wasFrozen;
    this.#arm();
  }

  #rebase(now: number): void {
    this.#base = now;
    this.#anchor = this.machine();
  }

  #next(): Timer | undefined {
    while (this.#timers.peek()?.callback === undefined && this.#timers.pop() !== undefined) this.#cancelled -= 1;
    return this.#timers.peek();
  }

  /** Fires what is due at `time` and before. */
  #fire(time: number): void {
    for (let next = this.#next(); next !== undefined && next.time <= time; next = this.#next()) {
      this.#timers.pop();
      const { callback } = next;
      next.callback = undefined;
      callback?.();
    }
  }

  #arm(): void {
    clearTimeout(this.#real);
    const next = this.#next();
    if (next === undefined || this.#isFrozen) return;
    const left = Math.min(Math.max(0, Math.ceil((next.time - this.now()) / this.#speed)), LONGEST_MS);
    this.#real = setTimeout(() => {
      this.#fire(this.now());
      this.#arm();
    }, left);
    this.#real.unref();
  }

  /** Calls that were answered leave their time-outs behind: without this, those of the last minutes would add up. */
  #compact(): void {
    if (this.#cancelled < 1000 || this.#cancelled * 2 < this.#timers.size) return;
    this.#timers.keep(({ callback }) => callback !== undefined);
    this.#cancelled = 0;
  }
}

/** Lets what a timer set off run: promises, and what they put on the event loop. */
async function turn(): Promise<void> {
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
}
