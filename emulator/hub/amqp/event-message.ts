import { message, types, type Message } from 'rhea';
import type { LoggedEvent } from '../events/events';
import { placeAnnotations } from '../../event-hubs/amqp/last-enqueued';
import { takeApartMessage, type TakenApart } from '../../wire/amqp/sections';
import type { HubEvent } from '../events/event';

/** An event as readers of the Event-Hub-compatible endpoint get it (iot-hub/iot-hub-devguide-messages-read-builtin.md). */
export const eventMessage = (event: LoggedEvent, metrics: Message['delivery_annotations']): Message => ({
  ...messageOf(event),
  message_annotations: { ...placeAnnotations(event), ...annotationsOf(event, event.enqueuedAt) },
  ...(metrics && { delivery_annotations: metrics }),
});

/** An event as an event hub gets it that the hub routes to. @param now ms since the epoch */
export const routedMessage = (event: HubEvent, now: number): TakenApart => ({
  ...takeApartMessage(messageOf(event)),
  annotations: annotationsOf(event, now),
});

function messageOf(event: Pick<LoggedEvent, 'system' | 'properties' | 'body'>): Message {
  const { system, properties, body } = event;
  return {
    message_id: system.messageId,
    correlation_id: system.correlationId,
    user_id: system.userId === undefined ? undefined : Buffer.from(system.userId),
    content_type: system.contentType,
    content_encoding: system.contentEncoding,
    application_properties: { ...properties },
    body: message.data_section(Buffer.from(body.buffer, body.byteOffset, body.byteLength)) as unknown,
  } as Message; // rhea leaves out what is undefined, which its types do not say
}

/** System properties that have no place of their own in AMQP. */
function annotationsOf(event: Omit<HubEvent, 'body'>, enqueuedAt: number): Record<string, unknown> {
  const { authentication, system } = event;
  const optional: Record<string, string | undefined> = {
    'iothub-connection-module-id': event.moduleId,
    'iothub-connection-auth-method': authentication && JSON.stringify(authMethodOf(authentication)),
    'iothub-connection-auth-generation-id': event.generationId,
    'iothub-creation-time-utc': system.creationTimeUtc,
    'dt-dataschema': system.interfaceId,
    'dt-subject': system.componentName,
  };
  return {
    'iothub-connection-device-id': event.deviceId,
    'iothub-enqueuedtime': types.wrap_timestamp(enqueuedAt),
    'iothub-message-source': event.source,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

/** As the hub writes it: the issuer of a SAS is the hub, of a certificate somebody else. */
export const authMethodOf = ({ scope, type }: NonNullable<LoggedEvent['authentication']>): Record<string, unknown> => ({
  scope,
  type,
  issuer: type === 'sas' ? 'iothub' : 'external',
  acceptingIpFilterRule: null,
});
