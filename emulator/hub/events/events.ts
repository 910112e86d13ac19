import type { HubEvent } from './event';

/** Newest events kept, and their bodies' bytes. */
const MOST_EVENTS = 1000;
const MOST_BYTES = 4 * 1024 * 1024;

/** An event with the time at which the hub took it. */
export type EnqueuedEvent = HubEvent & { readonly enqueuedAt: number };

/** What devices sent to the hub and what befell them: all is counted, the newest is kept. */
export class Events {
  received = 0;
  #kept: EnqueuedEvent[] = [];
  #bytes = 0;

  constructor(private readonly now: () => number) {}

  publish(event: HubEvent): void {
    this.received += 1;
    this.#kept.push({ ...event, enqueuedAt: this.now() });
    this.#bytes += event.body.length;
    if (this.#kept.length > MOST_EVENTS || this.#bytes > MOST_BYTES) this.#dropOlderHalf();
  }

  /** The newest events, oldest first. */
  newest(): readonly EnqueuedEvent[] {
    return this.#kept;
  }

  #dropOlderHalf(): void {
    this.#kept = this.#kept.slice(Math.ceil(this.#kept.length / 2));
    this.#bytes = this.#kept.reduce((sum, { body }) => sum + body.length, 0);
  }
}
