import type { Message } from 'rhea';
import type { OutgoingLink } from './outgoing-link';
import { AmqpRefusal } from './refusal';

/** Messages that wait for a client to give credit; one that leaves more than this unread loses the link. */
const MOST_WAITING = 100;

/** Messages for a link that a client may or may not have open: the newest one gets them. */
export class Outbox {
  #link: OutgoingLink | undefined;
  #waiting: Message[] = [];

  get isOpen(): boolean {
    return this.#link !== undefined;
  }

  open(link: OutgoingLink): void {
    this.#link = link;
    link.onRoom(() => this.#flush());
    link.onClose(() => {
      if (this.#link !== link) return;
      this.#link = undefined;
      this.#waiting = [];
    });
  }

  /** Sends, now or when there is room. Without a link the message is dropped: nobody has asked for it. */
  send(message: Message): void {
    if (this.#link === undefined) return;
    this.#waiting.push(message);
    if (this.#waiting.length <= MOST_WAITING) this.#flush();
    else this.#link.close(new AmqpRefusal('amqp:resource-limit-exceeded', 'Too many messages wait to be received.'));
  }

  /** Ends the link for what was refused. @param error thrown on when it is no AmqpRefusal */
  refuse(error: unknown): void {
    if (this.#link === undefined) return;
    this.#link.refuse(error);
  }

  #flush(): void {
    while (this.#link !== undefined && this.#link.room > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#link.send(next);
    }
  }
}
