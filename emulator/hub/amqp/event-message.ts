import { message, types, type Message } from 'rhea';
import type { LoggedEvent } from '../events/events';
import type { PartitionState } from '../events/partition';

/** An event as readers of the Event-Hub-compatible endpoint get it (iot-hub/iot-hub-devguide-messages-read-builtin.md). */
export function eventMessage(event: LoggedEvent, metrics: Message['delivery_annotations']): Message {
  const { system, properties, body } = event;
  return {
    message_id: system.messageId,
    correlation_id: system.correlationId,
    user_id: system.userId === undefined ? undefined : Buffer.from(system.userId),
    content_type: system.contentType,
    content_encoding: system.contentEncoding,
    message_annotations: annotationsOf(event),
    application_properties: { ...properties },
    ...(metrics && { delivery_annotations: metrics }),
    body: message.data_section(Buffer.from(body.buffer, body.byteOffset, body.byteLength)) as unknown,
  } as Message; // rhea leaves out what is undefined, which its types do not say
}

/** System properties that have no place of their own in AMQP. */
function annotationsOf(event: LoggedEvent): Record<string, unknown> {
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
    'x-opt-sequence-number': types.wrap_long(event.sequence),
    'x-opt-offset': String(event.offset),
    'x-opt-enqueued-time': types.wrap_timestamp(event.enqueuedAt),
    'iothub-connection-device-id': event.deviceId,
    'iothub-enqueuedtime': types.wrap_timestamp(event.enqueuedAt),
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

/** What a reader that asks for it learns of its partition with every event. */
export const lastEnqueued = (state: PartitionState, now: number): NonNullable<Message['delivery_annotations']> => ({
  last_enqueued_sequence_number: types.wrap_long(state.lastSequence),
  last_enqueued_offset: String(state.lastOffset),
  last_enqueued_time_utc: types.wrap_timestamp(state.lastEnqueuedAt),
  runtime_info_retrieval_time_utc: types.wrap_timestamp(now),
});
