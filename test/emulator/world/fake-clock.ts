import type { Clock } from '../../../emulator/world/clock';

/** Time that stands still until it is moved; timers fire in order of their times. */
export class FakeClock implements Clock {
  #timers = new Set<{ time: number; callback: () => void }>();

  constructor(private time = Date.UTC(2026, 0, 1)) {}

  now(): number {
    return this.time;
  }

  at(time: number, callback: () => void): () => void {
    const timer = { time, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on by `ms`, letting timers, promises and immediates run on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settled();
    for (let due = this.#due(end); due !== undefined; due = this.#due(end)) {
      this.#timers.delete(due);
      this.time = Math.max(this.time, due.time);
      due.callback();
      await settled();
    }
    this.time = end;
  }

  #due(end: number): { time: number; callback: () => void } | undefined {
    return [...this.#timers].filter(({ time }) => time <= end).sort((a, b) => a.time - b.time)[0];
  }
}

/** Lets what is ready on the event loop run. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}
