import type { Delivery, EventContext, Message, Receiver } from 'rhea';
import { addressOf, Link } from './link';
import { AmqpRefusal } from './refusal';

/** Takes a message; it is accepted when this returns. @throws AmqpRefusal when it is rejected */
export type MessageHandler = (message: Message, format: number) => void;

/** A link that the client sends on. */
export class IncomingLink extends Link {
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

  /** Bytes of a message that has not come whole yet. */
  get pendingBytes(): number {
    const { _incomplete } = this.receiver as unknown as { _incomplete?: { data: Buffer } }; // rhea/lib/session.js
    return _incomplete?.data.length ?? 0;
  }

  #take(message: Message | undefined, delivery: Delivery | undefined): void {
    if (message === undefined || delivery === undefined) return;
    try {
      this.#handle(message, delivery.format);
      delivery.accept();
    } catch (error) {
      if (!(error instanceof AmqpRefusal)) throw error;
      delivery.reject(error.fields);
    }
  }
}
