import { types, type Message } from 'rhea';
import type { Answer } from '../../wire/amqp/request-node';
import type { Hub } from '../hub';
import { entityOf } from './events-access';

/** Answers a request to `$management` (@azure/event-hubs, managementClient.js). */
export function answerManagement(hub: Hub, { application_properties: properties }: Message): Answer {
  const { operation, type, name, partition } = (properties ?? {}) as Record<string, unknown>;
  if (operation !== 'READ')
    return { status: 400, description: `The operation '${String(operation)}' is not supported.` };
  // Through the address of an IoT hub clients name the entity by the path they dialled.
  const isOurs = typeof name === 'string' && [entityOf(hub), 'messages/events'].includes(name.toLowerCase());
  if (!isOurs) return missing(`The messaging entity '${String(name)}' could not be found.`);
  if (type === 'com.microsoft:eventhub') return ok(eventHub(hub));
  if (type !== 'com.microsoft:partition') return { status: 400, description: `The type '${String(type)}' is unknown.` };
  return partitionOf(hub, String(partition));
}

const ok = (body: unknown): Answer => ({ status: 200, description: 'OK', body });

const missing = (description: string): Answer => ({
  status: 404,
  description,
  properties: { 'error-condition': 'amqp:not-found', errorCondition: 'amqp:not-found' },
});

const eventHub = (hub: Hub): unknown => ({
  name: entityOf(hub),
  type: 'com.microsoft:eventhub',
  created_at: types.wrap_timestamp(hub.events.createdAt),
  partition_count: types.wrap_int(hub.events.partitionIds.length),
  partition_ids: types.wrap_array(hub.events.partitionIds, STR8, undefined),
});

/** Type code of short strings (AMQP 1.0, 1.6.20). */
const STR8 = 0xa1;

function partitionOf(hub: Hub, id: string): Answer {
  const state = hub.events.partition(id)?.state(hub.clock.now());
  if (state === undefined) {
    const condition = { 'error-condition': 'com.microsoft:argument-out-of-range' };
    return { status: 400, description: `The partition '${id}' does not exist.`, properties: condition };
  }
  return ok({
    name: entityOf(hub),
    type: 'com.microsoft:partition',
    partition: id,
    begin_sequence_number: types.wrap_long(state.beginSequence),
    last_enqueued_sequence_number: types.wrap_long(state.lastSequence),
    last_enqueued_offset: String(state.lastOffset),
    last_enqueued_time_utc: types.wrap_timestamp(state.lastEnqueuedAt),
    is_partition_empty: state.isEmpty,
  });
}
