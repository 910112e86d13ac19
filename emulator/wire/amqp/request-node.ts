import { types, type Message } from 'rhea';
import type { IncomingLink } from './incoming-link';
import type { OutgoingLink } from './outgoing-link';
import { AmqpRefusal } from './refusal';

/** The answer to a request: a status as of HTTP, and a body. */
export interface Answer {
  readonly status: number;
  readonly description: string;
  readonly body?: unknown;
  /** Beside `status-code` and `status-description`. */
  readonly properties?: Readonly<Record<string, unknown>>;
}

/** Answers that wait for a client to give credit; one that leaves more than this unread is refused. */
const MOST_WAITING = 100;

/** A node that clients send requests to and receive answers from, over a pair of links: `$cbs`, `$management`. */
export class RequestNode {
  readonly #replies = new Set<OutgoingLink>();
  #waiting: { readonly message: Message; readonly replyTo: unknown }[] = [];

  /** @param handle answers a request. @throws AmqpRefusal, which rejects the request itself */
  constructor(private readonly handle: (request: Message) => Answer) {}

  addReplies(link: OutgoingLink): void {
    this.#replies.add(link);
    link.onClose(() => this.#replies.delete(link));
    link.onRoom(() => this.#flush());
  }

  addRequests(link: IncomingLink): void {
    link.onMessage((request) => {
      if (this.#waiting.length >= MOST_WAITING) {
        throw new AmqpRefusal('amqp:resource-limit-exceeded', 'Too many answers wait to be received.');
      }
      this.#waiting.push({ message: messageOf(request, this.handle(request)), replyTo: request.reply_to });
      this.#flush();
    });
  }

  #flush(): void {
    this.#waiting = this.#waiting.filter(({ message, replyTo }) => {
      const link = this.#replyLink(replyTo);
      if (link === undefined || link.room <= 0) return true;
      link.send(message);
      return false;
    });
  }

  /** By its address; some clients name an address that no link has, and mean the only one. */
  #replyLink(replyTo: unknown): OutgoingLink | undefined {
    const links = [...this.#replies];
    return links.find(({ targetAddress }) => targetAddress === replyTo) ?? links.at(-1);
  }
}

/** Both spellings of the status are in use: SDKs for .NET read the second. */
const messageOf = (request: Message, { status, description, body, properties }: Answer): Message => ({
  correlation_id: request.message_id,
  to: request.reply_to,
  application_properties: {
    'status-code': types.wrap_int(status),
    'status-description': description,
    statusCode: types.wrap_int(status),
    statusDescription: description,
    ...properties,
  },
  body: body ?? null,
});
