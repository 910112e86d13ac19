import { types, type Message } from 'rhea';
import type { PartitionState } from '../log/partition';

/** What a reader that asks for it learns of its partition with every event. @param now ms since the epoch */
export const lastEnqueued = (state: PartitionState, now: number): NonNullable<Message['delivery_annotations']> => ({
  last_enqueued_sequence_number: types.wrap_long(state.lastSequence),
  last_enqueued_offset: String(state.lastOffset),
  last_enqueued_time_utc: types.wrap_timestamp(state.lastEnqueuedAt),
  runtime_info_retrieval_time_utc: types.wrap_timestamp(now),
});

/** An event's place in its partition, as annotations of its message. */
export const placeAnnotations = (place: {
  readonly sequence: number;
  readonly offset: number;
  readonly enqueuedAt: number;
}): Record<string, unknown> => ({
  'x-opt-sequence-number': types.wrap_long(place.sequence),
  'x-opt-offset': String(place.offset),
  'x-opt-enqueued-time': types.wrap_timestamp(place.enqueuedAt),
});
