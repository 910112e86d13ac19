import { AmqpRefusal } from '../wire/amqp/refusal';
import { Bucket } from '../world/bucket';
import type { Clock } from '../world/clock';

/** What a throughput unit takes in (event-hubs/event-hubs-faq.yml: 1 MB or 1,000 events a second, whichever comes first). */
const EVENTS = { count: 1000, windowMs: 1000 } as const;
const BYTES = { count: 1_000_000, windowMs: 1000 } as const;

/** How much a namespace takes in: as its throughput units allow, where limits are on. */
export class Ingress {
  readonly #events = new Bucket();
  readonly #bytes = new Bucket();

  constructor(
    private readonly clock: Clock,
    private readonly units: () => number,
    private readonly isOn: boolean,
  ) {}

  /** @throws AmqpRefusal that SDKs try again after */
  take(events: number, bytes: number): void {
    if (!this.isOn) return;
    const units = this.units();
    const now = this.clock.now();
    const limits = [
      this.#events.take(events, now, { ...EVENTS, count: EVENTS.count * units }, 0),
      this.#bytes.take(bytes, now, { ...BYTES, count: BYTES.count * units }, 0),
    ];
    if (limits.every(({ kind }) => kind === 'go')) return;
    throw new AmqpRefusal(
      'com.microsoft:server-busy',
      'The request was terminated because the namespace is being throttled. Please wait 4 seconds and try again.',
    );
  }
}
