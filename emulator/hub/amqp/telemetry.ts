import type { Message } from 'rhea';
import type { SystemProperties } from '../events/event';
import type { DeviceMessage } from '../device-message';
import { bodyOf, idOf, textOf } from '../../wire/amqp/body';
import { propertiesOf } from './send';

/** A device's message (iot-hub/iot-hub-devguide-messages-construct.md; azure-iot-amqp-base, amqp_message.js). */
export function telemetryOf(message: Message): DeviceMessage {
  const { 'iothub-creation-time-utc': creationTimeUtc, ...properties } = propertiesOf(message);
  const annotations = (message.message_annotations ?? {}) as Record<string, unknown>;
  const system: Record<keyof SystemProperties, string | undefined> = {
    messageId: idOf(message.message_id),
    correlationId: idOf(message.correlation_id),
    userId: textOf(message.user_id),
    contentType: textOf(message.content_type),
    contentEncoding: textOf(message.content_encoding),
    creationTimeUtc,
    interfaceId: textOf(annotations['iothub-interface-id']),
    componentName: textOf(annotations['dt-subject']),
  };
  const given = Object.fromEntries(Object.entries(system).filter(([, value]) => value !== undefined));
  return { system: given, properties, body: bodyOf(message) };
}
