import { message } from 'rhea';
import type { OutgoingLink, Outcome } from '../../wire/amqp/outgoing-link';
import { supply } from '../../wire/amqp/supply';
import type { Ask } from '../../wire/amqp/turn';
import type { ServiceQueue } from '../c2d/service-queue';
import { HubError } from '../errors';

/** How the records of a queue are written. */
interface Format {
  readonly contentType: string;
  readonly to: string;
  /** Feedback comes in batches, file notices one by one (iot-hub-devguide-messages-c2d.md, -file-upload.md). */
  readonly isBatched: boolean;
}

export const FEEDBACK: Format = {
  contentType: 'application/vnd.microsoft.iothub.feedback.json',
  to: '/messages/serviceBound/feedback',
  isBatched: true,
};

export const FILE_NOTIFICATIONS: Format = {
  contentType: 'application/vnd.microsoft.iothub.filenotification.json',
  to: '/messages/serviceBound/filenotifications',
  isBatched: false,
};

/** Sends the records of a queue over a link as they come; the client's settlement completes or abandons them. */
export function deliverDocuments<T>({ queue, format, ask }: Documents<T>, link: OutgoingLink): void {
  supply(link, {
    next: () => queue.receive(format.isBatched ? undefined : 1),
    ask,
    send({ token, records, enqueuedAt }) {
      const text = JSON.stringify(format.isBatched ? records : records[0]);
      const notice = { to: format.to, content_type: format.contentType, creation_time: new Date(enqueuedAt) };
      link.send({ ...notice, body: message.data_section(Buffer.from(text)) as unknown }, (outcome) =>
        settle(queue, token, outcome),
      );
    },
    giveBack: ({ token }) => settle(queue, token, 'released'),
    onMore: (callback) => queue.onMessage(callback),
  });
}

/** What is sent. */
interface Documents<T> {
  readonly queue: ServiceQueue<T>;
  readonly format: Format;
  readonly ask: Ask;
}

function settle(queue: Pick<ServiceQueue<unknown>, 'abandon' | 'complete'>, token: string, outcome: Outcome): void {
  try {
    if (outcome === 'released') queue.abandon(token);
    else queue.complete(token);
  } catch (error) {
    if (!(error instanceof HubError)) throw error; // the lock ran out before the client answered
  }
}
