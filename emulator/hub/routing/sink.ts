import type { HubEvent } from '../events/event';

/** Where a route leads beside the built-in endpoint. */
export interface Sink {
  /** Takes an event: it is kept once this returns. @param partition of the built-in endpoint, by its device */
  add(event: HubEvent, partition: string, now: number): void;
  readonly health: Health;
  /** Stops timers; what waits stays in the store. */
  close(): Promise<void>;
}

/** What is known of an endpoint (iot-hub-devguide-endpoints.md, "Endpoint health"). Times are ms since the epoch. */
export class Health {
  #attempt: { readonly at: number; readonly isGood: boolean } | undefined;
  #goodAt: number | undefined;
  #error: { readonly text: string; readonly at: number } | undefined;

  succeeded(at: number): void {
    this.#attempt = { at, isGood: true };
    this.#goodAt = at;
  }

  failed(at: number, error: unknown): void {
    this.#attempt = { at, isGood: false };
    this.#error = { at, text: error instanceof Error ? error.message : String(error) };
  }

  get status(): 'unknown' | 'healthy' | 'unhealthy' {
    if (this.#attempt === undefined) return 'unknown';
    return this.#attempt.isGood ? 'healthy' : 'unhealthy';
  }

  get attemptedAt(): number | undefined {
    return this.#attempt?.at;
  }

  get succeededAt(): number | undefined {
    return this.#goodAt;
  }

  get error(): { readonly text: string; readonly at: number } | undefined {
    return this.#error;
  }
}
