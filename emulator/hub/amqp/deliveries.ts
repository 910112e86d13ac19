import { message as rheaMessage, type Message } from 'rhea';
import type { OutgoingLink, Outcome } from '../../wire/amqp/outgoing-link';
import { supply } from '../../wire/amqp/supply';
import type { Ask } from '../../wire/amqp/turn';
import type { Mailbox } from '../c2d/mailbox';
import type { CloudMessage } from '../c2d/message';
import { HubError } from '../errors';

/** Sends a device its messages as they come; accepting completes, releasing abandons, rejecting rejects. */
export function deliverCloudMessages(mailbox: Mailbox, link: OutgoingLink, ask: Ask): void {
  supply(link, {
    next: () => mailbox.receive(),
    ask,
    send: ({ message, token }) => link.send(messageOf(message), (outcome) => settle(mailbox, token, outcome)),
    giveBack: ({ token }) => settle(mailbox, token, 'released'),
    onMore: (callback) => mailbox.onMessage(callback),
  });
}

function settle(mailbox: Mailbox, token: string, outcome: Outcome): void {
  try {
    if (outcome === 'accepted') mailbox.complete(token);
    else if (outcome === 'rejected') mailbox.reject(token);
    else mailbox.abandon(token);
  } catch (error) {
    if (!(error instanceof HubError)) throw error; // the lock ran out before the device answered
  }
}

function messageOf({ properties, ack, body, ...message }: CloudMessage): Message {
  const { messageId, correlationId, userId, to, contentType, contentEncoding, expiresAt } = message;
  return {
    message_id: messageId,
    correlation_id: correlationId,
    user_id: userId === undefined ? undefined : Buffer.from(userId),
    to,
    content_type: contentType,
    content_encoding: contentEncoding,
    absolute_expiry_time: expiresAt === undefined ? undefined : new Date(expiresAt),
    application_properties: { ...properties, ...(ack !== 'none' && { 'iothub-ack': ack }) },
    body: rheaMessage.data_section(body) as unknown,
  } as Message; // rhea leaves out what is undefined, which its types do not say
}
