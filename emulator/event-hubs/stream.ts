import type { Message } from 'rhea';
import type { Clock } from '../world/clock';
import type { Readers } from './amqp/readers';
import type { Logged, Partition } from './log/partition';

/** What clients of Event Hubs read: an event hub of a namespace, or the built-in endpoint of an IoT hub. */
export interface Stream<E extends Logged = Logged> {
  /** As `$management` answers it. */
  readonly name: string;
  /** Ms since the epoch. */
  readonly createdAt: number;
  /** `0` to n - 1. */
  readonly partitionIds: readonly string[];
  partition(id: string): Partition<E> | undefined;
  /** `$Default` among them; read anew each time. */
  readonly consumerGroups: readonly string[];
  readonly readers: Readers;
  readonly clock: Clock;
  /** An event as a reader gets it, as bytes or yet to be written. @param metrics to go with it, when there are any */
  messageOf(event: E, metrics: Message['delivery_annotations']): Message | Buffer;
  /** Whose event it is, where it is a device's: for faults. */
  deviceOf(event: E): string | undefined;
}

export const DEFAULT_GROUP = '$Default';
