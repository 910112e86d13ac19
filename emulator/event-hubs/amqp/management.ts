import { types, type Message } from 'rhea';
import type { Answer } from '../../wire/amqp/request-node';
import { AmqpRefusal, notFound } from '../../wire/amqp/refusal';
import type { Logged } from '../log/partition';
import type { Stream } from '../stream';

/**
 * Answers a request to `$management` (@azure/event-hubs, managementClient.js).
 *
 * @param find the stream of a name. @throws AmqpRefusal when the client may not ask about it
 */
export function answerManagement<E extends Logged>(
  find: (name: string) => Stream<E> | undefined,
  { application_properties: properties }: Message,
): Answer {
  const { operation, type, name, partition } = (properties ?? {}) as Record<string, unknown>;
  if (operation !== 'READ')
    return { status: 400, description: `The operation '${String(operation)}' is not supported.` };
  try {
    const stream = typeof name === 'string' ? find(name) : undefined;
    if (stream === undefined) throw notFound(String(name));
    return answerFor(stream, type, partition);
  } catch (error) {
    if (error instanceof AmqpRefusal) return refused(error);
    throw error;
  }
}

function answerFor<E extends Logged>(stream: Stream<E>, type: unknown, partition: unknown): Answer {
  if (type === 'com.microsoft:eventhub') return ok(eventHub(stream));
  if (type !== 'com.microsoft:partition') return { status: 400, description: `The type '${String(type)}' is unknown.` };
  return partitionOf(stream, String(partition));
}

const ok = (body: unknown): Answer => ({ status: 200, description: 'OK', body });

/** Told in the answer: @azure/event-hubs waits for one in vain where the link is refused in place of it. */
const refused = ({ condition, description }: AmqpRefusal): Answer => ({
  status: condition === 'amqp:not-found' ? 404 : 401,
  description,
  properties: { 'error-condition': condition, errorCondition: condition },
});

const eventHub = <E extends Logged>({ name, createdAt, partitionIds }: Stream<E>): unknown => ({
  name,
  type: 'com.microsoft:eventhub',
  created_at: types.wrap_timestamp(createdAt),
  partition_count: types.wrap_int(partitionIds.length),
  partition_ids: types.wrap_array([...partitionIds], STR8, undefined),
});

/** Type code of short strings (AMQP 1.0, 1.6.20). */
const STR8 = 0xa1;

function partitionOf<E extends Logged>(stream: Stream<E>, id: string): Answer {
  const state = stream.partition(id)?.state(stream.clock.now());
  if (state === undefined) {
    const condition = { 'error-condition': 'com.microsoft:argument-out-of-range' };
    return { status: 400, description: `The partition '${id}' does not exist.`, properties: condition };
  }
  return ok({
    name: stream.name,
    type: 'com.microsoft:partition',
    partition: id,
    begin_sequence_number: types.wrap_long(state.beginSequence),
    last_enqueued_sequence_number: types.wrap_long(state.lastSequence),
    last_enqueued_offset: String(state.lastOffset),
    last_enqueued_time_utc: types.wrap_timestamp(state.lastEnqueuedAt),
    is_partition_empty: state.isEmpty,
  });
}
