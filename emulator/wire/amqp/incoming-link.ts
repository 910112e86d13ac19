import { message as rheaMessage, type Delivery, type EventContext, type Message, type Receiver } from 'rhea';
import { addressOf, Link } from './link';
import { AmqpRefusal } from './refusal';
import type { Turn } from './turn';

/** Takes a message; it is accepted when this is done. @throws AmqpRefusal when it is rejected, as a promise may */
export type MessageHandler = (message: Message, format: number) => Turn;

/** Messages that a client may send before they are settled: those that wait for their turn are no more than this. */
const CREDIT = 100;
/** Settled messages after which new credit is given: not a frame for each. */
const CREDIT_STEP = 25;

/** A link that the client sends on. */
export class IncomingLink extends Link {
  #settled = 0;
  #handle: MessageHandler = () => {
    throw new AmqpRefusal('amqp:not-allowed', 'The link takes no messages.');
  };

  constructor(private readonly receiver: Receiver) {
    super(receiver);
    receiver.on('message', ({ message, delivery }: EventContext) => this.#take(message, delivery));
  }

  override get address(): string {
    return addressOf((this.receiver.target as { address?: unknown } | null)?.address);
  }

  onMessage(handle: MessageHandler): void {
    this.#handle = handle;
  }

  override opened(): void {
    this.receiver.add_credit(CREDIT);
  }

  /** Bytes of a message that has not come whole yet. */
  get pendingBytes(): number {
    const { _incomplete } = this.receiver as unknown as { _incomplete?: { frames: (Buffer | undefined)[] } }; // rhea 3, session.js
    return _incomplete?.frames.reduce((sum, frame) => sum + (frame?.length ?? 0), 0) ?? 0;
  }

  #take(message: Message | undefined, delivery: Delivery | undefined): void {
    if (message === undefined || delivery === undefined) return;
    const refuse = (error: unknown): void => {
      if (!(error instanceof AmqpRefusal)) throw error;
      this.#settle(() => delivery.reject(error.fields));
    };
    try {
      const turn = this.#handle(Buffer.isBuffer(message) ? decoded(message) : message, delivery.format);
      if (turn === undefined) this.#settle(() => delivery.accept());
      else this.after(turn, () => this.#settle(() => delivery.accept()), refuse);
    } catch (error) {
      refuse(error);
    }
  }

  #settle(settle: () => void): void {
    if (!this.isOpen) return; // nobody is there to be told: the client will send it again
    settle();
    this.#settled += 1;
    if (this.#settled < CREDIT_STEP) return;
    this.receiver.add_credit(this.#settled);
    this.#settled = 0;
  }
}

/**
 * The message that bytes hold: rhea leaves one of a format other than 0 as it came (rhea/lib/session.js).
 *
 * @throws AmqpRefusal when they hold none
 */
export function decoded(bytes: Buffer): Message {
  try {
    return rheaMessage.decode(bytes) as unknown as Message; // rhea has two types of the name
  } catch {
    throw new AmqpRefusal('com.microsoft:argument-error', 'What was sent is no AMQP message.'); // rhea throws many kinds
  }
}
