import type { Delivery, EventContext, Message, Sender } from 'rhea';
import { addressOf, Link } from './link';

/** What became of a message. */
export type Outcome = 'accepted' | 'released' | 'rejected';

/** Bytes that a client may leave unread before nothing more is written to it. */
const MOST_UNREAD = 1024 * 1024;

/** Fields of a sender that rhea's types leave out; rhea/lib/link.js, session.js. */
interface Internals {
  readonly credit: number;
  readonly delivery_count: number;
  readonly session: { readonly outgoing: { available(): number } };
  readonly connection: { readonly socket?: { readonly writableLength: number } };
}

/** A link that the client receives on. */
export class OutgoingLink extends Link {
  #sent = 0;
  readonly #unsettled = new Map<Delivery, (outcome: Outcome) => void>();

  constructor(private readonly sender: Sender) {
    super(sender);
    for (const outcome of ['accepted', 'released', 'rejected'] as const) {
      sender.on(outcome, ({ delivery }: EventContext) => this.#settle(delivery, outcome));
    }
    sender.on('settled', ({ delivery }: EventContext) => this.#settle(delivery, 'released')); // settled without saying how
    this.onClose(() => {
      for (const delivery of [...this.#unsettled.keys()]) this.#settle(delivery, 'released');
    });
  }

  override get address(): string {
    return addressOf((this.sender.source as { address?: unknown } | null)?.address);
  }

  /** The client's own name for the receiving end: where answers to its requests are addressed. */
  get targetAddress(): string | undefined {
    const address: unknown = (this.sender.target as { address?: unknown } | null)?.address;
    return typeof address === 'string' ? address : undefined;
  }

  /** A filter of the source by its name; undefined when there is none. */
  filter(name: string): unknown {
    const filters = (this.sender.source as { filter?: Record<string, { value?: unknown } | undefined> } | null)?.filter;
    return filters?.[name]?.value;
  }

  /** How many messages the client takes now: by its credit, by what it has settled and by what it has read. */
  get room(): number {
    const { credit, delivery_count, session, connection } = this.sender as unknown as Internals;
    this.#sent = Math.max(this.#sent, delivery_count); // a drained link counts on by itself
    if (!this.sender.is_open() || (connection.socket?.writableLength ?? 0) > MOST_UNREAD) return 0;
    return Math.min(delivery_count + credit - this.#sent, session.outgoing.available());
  }

  /** Sends a message, or its bytes; only while there is {@link room}. @param settled called once with what became of it */
  send(message: Message | Buffer, settled?: (outcome: Outcome) => void): void {
    this.#sent += 1;
    const delivery = Buffer.isBuffer(message) ? this.sender.send(message, undefined, 0) : this.sender.send(message);
    if (settled !== undefined) this.#unsettled.set(delivery, settled);
  }

  /** Calls back whenever there may be room again. */
  onRoom(callback: () => void): void {
    const { socket } = this.sender.connection as unknown as { socket?: NodeJS.EventEmitter };
    const later = (): void => void setImmediate(callback); // rhea frees its window after it has told us
    this.sender.on('sender_flow', callback);
    this.sender.on('settled', later);
    socket?.on('drain', callback);
    this.onClose(() => socket?.off('drain', callback));
  }

  /** Gives back the credit that a draining client waits for, once nothing is left to send. */
  drained(): void {
    if (this.room > 0) this.sender.set_drained(true);
  }

  #settle(delivery: Delivery | undefined, outcome: Outcome): void {
    const settled = delivery && this.#unsettled.get(delivery);
    if (delivery === undefined || settled === undefined) return;
    this.#unsettled.delete(delivery);
    settled(outcome);
  }
}
