import type { Clock } from '../world/clock';
import { DpsError } from './errors';

/** Requests that a service takes (azure-docs, includes/iot-dps-limits.md). */
const LIMITS = {
  operations: { most: 1000, windowMs: 60_000 },
  registrations: { most: 1000, windowMs: 60_000 },
  polls: { most: 5, windowMs: 10_000 },
} as const;
export type Limit = keyof typeof LIMITS;

/** Requests that are let through in a limit's window. */
export type Allowances = Readonly<Partial<Record<Limit, number>>>;

/** Counts requests in fixed windows of the services' time. Remembers only those of the present window. */
export class Limits {
  readonly #windows: Record<Limit, { startedAt: number; counts: Map<string, number> }> = {
    operations: { startedAt: 0, counts: new Map() },
    registrations: { startedAt: 0, counts: new Map() },
    polls: { startedAt: 0, counts: new Map() },
  };

  #set: Allowances = {};

  /** @param on asked at every request */
  constructor(
    private readonly clock: Clock,
    private readonly on: () => boolean,
  ) {}

  /** Sets what is let through: counted from now on, whether throttling is on or not. Those not named are as Azure's. */
  set(allowances: Allowances): void {
    this.#set = allowances;
  }

  /**
   * Counts one request.
   *
   * @param who the device, where the limit is one device's
   * @throws DpsError Throttled with the seconds until the window ends
   */
  take(limit: Limit, who = ''): void {
    const { windowMs } = LIMITS[limit];
    const most = this.#set[limit] ?? (this.on() ? LIMITS[limit].most : Infinity);
    if (most === Infinity) return;
    const now = this.clock.now();
    const startedAt = now - (now % windowMs);
    if (this.#windows[limit].startedAt !== startedAt) this.#windows[limit] = { startedAt, counts: new Map() };
    const { counts } = this.#windows[limit];
    const count = (counts.get(who) ?? 0) + 1;
    if (count > most) {
      throw new DpsError('Throttled', 'Too many requests.', Math.ceil((startedAt + windowMs - now) / 1000));
    }
    counts.set(who, count);
  }
}
