import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient } from '../../emulator/admin/client';

const LOOK_EVERY_MS = 1_000;
const PAGE = 1_000;
export const MINUTE_MS = 60_000;

/** Looks into the local Azure's journal for registrations that a provisioning service has let begin, until it is stopped. */
export class RegistrationWatch {
  readonly #began: number[] = [];
  readonly #stopping = new AbortController();
  readonly #looking: Promise<void>;
  #after = 0;

  constructor(
    private readonly admin: AdminClient,
    private readonly service: string,
  ) {
    this.#looking = this.#look();
  }

  /** @returns when each began, ms since the epoch, in their order */
  async stop(): Promise<readonly number[]> {
    this.#stopping.abort();
    await this.#looking;
    await this.#read();
    return this.#began;
  }

  async #look(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await this.#read();
      await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #read(): Promise<void> {
    for (let isWhole = false; !isWhole;) {
      const entries = await this.admin.journal(this.#after, PAGE, `*/${this.service}/registrations`);
      for (const { sequence, time, after } of entries) {
        this.#after = sequence;
        if ((after as { status?: string } | undefined)?.status === 'assigning') this.#began.push(time);
      }
      isWhole = entries.length < PAGE;
    }
  }
}

/**
 * The most that fell into any window.
 *
 * @param times in their order
 * @example mostWithin([0, 10, 20, 95], 50) // => 3
 */
export function mostWithin(times: readonly number[], windowMs: number): number {
  let most = 0;
  for (let first = 0, last = 0; last < times.length; last += 1) {
    while ((times[last] ?? 0) - (times[first] ?? 0) >= windowMs) first += 1;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
