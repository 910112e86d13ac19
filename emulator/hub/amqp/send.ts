import { randomUUID } from 'node:crypto';
import type { Message } from 'rhea';
import { AmqpRefusal } from '../../wire/amqp/refusal';
import { ACKS, type Ack, type CloudMessage } from '../c2d/message';
import type { Hub } from '../hub';
import { decodedUri } from '../../uri';
import { bodyOf, idOf, textOf } from '../../wire/amqp/body';
import { asked } from './refusals';

const TO = /^\/?devices\/([^/]+)(?:\/modules\/([^/]+))?\/messages\/devicebound$/i;
const ACK = 'iothub-ack';

/** Whom a cloud-to-device message is for. */
export interface Addressee {
  readonly to: string;
  readonly deviceId: string;
  readonly moduleId: string | undefined;
}

/** @throws AmqpRefusal for an address that is no device's, or not properly encoded */
export function addresseeOf(message: Message): Addressee {
  const to = textOf(message.to) ?? '';
  const [, encodedId = '', moduleId] = TO.exec(to) ?? [];
  const deviceId = decodedUri(encodedId);
  if (!deviceId) throw new AmqpRefusal('com.microsoft:argument-error', `'${to}' is no device's address.`);
  return { to, deviceId, moduleId };
}

/** Takes a cloud-to-device message. @throws AmqpRefusal as the SDKs read it: unknown device, full queue, size */
export function sendCloudMessage(hub: Hub, { to, deviceId, moduleId }: Addressee, message: Message): void {
  asked(() => {
    const device = hub.devices.require(deviceId);
    if (moduleId !== undefined)
      throw new AmqpRefusal('amqp:not-implemented', 'Messages to modules are for Edge alone.');
    const sent = cloudMessageOf(message, to);
    hub.throttle.takeTurn('cloudToDevice');
    hub.messageQuota.take(sent.body.length);
    device.mailbox.enqueue(sent);
  });
}

function cloudMessageOf(message: Message, to: string): CloudMessage {
  const { [ACK]: ack, ...properties } = propertiesOf(message);
  const optional = {
    correlationId: idOf(message.correlation_id),
    userId: textOf(message.user_id),
    contentType: textOf(message.content_type),
    contentEncoding: textOf(message.content_encoding),
    expiresAt: timeOf(message.absolute_expiry_time),
  };
  return {
    messageId: idOf(message.message_id) ?? randomUUID(),
    to,
    ack: ackOf(ack),
    properties,
    body: bodyOf(message),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as typeof optional),
  }; // optional members are there or not; they are never undefined
}

/** Application properties as texts. */
export const propertiesOf = ({ application_properties: given }: Message): Record<string, string> =>
  Object.fromEntries(
    Object.entries((given ?? {}) as Record<string, unknown>).map(([name, value]) => [name, textOf(value) ?? '']),
  );

function ackOf(text: string | undefined): Ack {
  const ack = ACKS.find((each) => each === (text ?? 'none').toLowerCase());
  if (ack === undefined) throw new AmqpRefusal('com.microsoft:argument-error', `'${text}' is no value of ${ACK}.`);
  return ack;
}

/** A timestamp of AMQP is a Date as rhea reads it; 0 stands for none (azure-iot-common, Message). */
function timeOf(value: unknown): number | undefined {
  const time = value instanceof Date ? value.getTime() : typeof value === 'number' ? value : 0;
  return time > 0 ? time : undefined;
}
