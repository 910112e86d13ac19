import type { Clock } from '../../world/clock';
import { HubError } from '../errors';
import type { Sku } from '../settings';

const DAY_MS = 86_400_000;
const PER_UNIT = [400_000, 6_000_000, 300_000_000] as const;

/** Messages of a day, and what is counted as one (iot-hub-devguide-quotas-throttling.md, "Quotas"; pricing page). */
export function dailyMessagesOf({ name, units }: Sku): { readonly count: number; readonly meterBytes: number } {
  if (name === 'F1') return { count: 8000 * units, meterBytes: 512 };
  const tier = name.endsWith('3') ? 2 : name.endsWith('2') ? 1 : 0;
  return { count: PER_UNIT[tier] * units, meterBytes: 4096 };
}

/** Counts a hub's messages from one UTC midnight to the next. A change of SKU counts with the next message. */
export class MessageQuota {
  #day = -1;
  #used = 0;

  /** @param isOn whether what exceeds the quota is refused; it is counted anyway */
  constructor(
    private readonly clock: Clock,
    private readonly sku: () => Sku,
    private readonly isOn: boolean,
  ) {}

  /** Messages of today, each by its size. */
  get used(): number {
    return this.#today() === this.#day ? this.#used : 0;
  }

  /** Counts a message. @throws HubError IotHubQuotaExceeded */
  take(bytes: number): void {
    const { count, meterBytes } = dailyMessagesOf(this.sku());
    const cost = Math.max(1, Math.ceil(bytes / meterBytes));
    const { used } = this;
    if (this.isOn && used + cost > count) {
      throw new HubError(
        'IotHubQuotaExceeded',
        `Total number of messages on IotHub exceeded the allocated quota of ${count}.`,
      );
    }
    this.#day = this.#today();
    this.#used = used + cost;
  }

  #today(): number {
    return Math.floor(this.clock.now() / DAY_MS);
  }
}
