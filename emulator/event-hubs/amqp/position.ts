import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { AmqpRefusal } from '../../wire/amqp/refusal';
import type { Logged, Partition } from '../log/partition';

const SELECTOR = /^amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'?([^']*)'?$/;

/** Finds the number of the first event that a reader gets. */
export type Position = (partition: Pick<Partition<Logged>, 'firstSequence' | 'nextSequence'>) => number;

/**
 * Where a reader begins, by its selector filter: after or from an offset, a sequence number or a time (ms); `-1` is the
 * beginning and `@latest` the end. Without a filter it is the beginning. Source: @azure/event-hubs, eventPosition.js.
 *
 * @throws AmqpRefusal
 */
export function positionOf(link: Pick<OutgoingLink, 'filter'>): Position {
  const filter = link.filter('apache.org:selector-filter:string');
  if (filter === undefined) return () => 0;
  const [, kind, operator, value = ''] = SELECTOR.exec(typeof filter === 'string' ? filter.trim() : '') ?? [];
  if (kind === undefined) throw invalid(filter);
  if (value === '@latest') return (partition) => partition.nextSequence;
  // Offsets of a geo-replicated namespace are texts; ours, as any others', are numbers.
  const number = Number(value);
  if (value === '' || !Number.isFinite(number)) throw invalid(filter);
  const isIncluded = (field: number): boolean => (operator === '>=' ? field >= number : field > number);
  if (kind === 'offset') return (partition) => partition.firstSequence(({ offset }) => isIncluded(offset));
  if (kind === 'sequence-number') return (partition) => partition.firstSequence(({ sequence }) => isIncluded(sequence));
  return (partition) => partition.firstSequence(({ enqueuedAt }) => isIncluded(enqueuedAt));
}

const invalid = (filter: unknown): AmqpRefusal =>
  new AmqpRefusal('com.microsoft:argument-error', `The filter '${String(filter)}' is not supported.`);
