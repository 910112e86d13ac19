import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { supply } from '../../wire/amqp/supply';
import type { Turn } from '../../wire/amqp/turn';
import type { Logged, Partition } from '../log/partition';
import type { Stream } from '../stream';
import { lastEnqueued } from './last-enqueued';
import type { Position } from './position';

const METRICS = 'com.microsoft:enable-receiver-runtime-metric';

/** What a reader reads. */
export interface Reading<E extends Logged> {
  readonly stream: Stream<E>;
  readonly group: string;
  readonly partition: Partition<E>;
  readonly from: Position;
  /** When an event, of this device if any, may go. @throws AmqpRefusal */
  readonly ask: (deviceId: string | undefined) => Turn;
}

/**
 * Sends a partition's events over a link, from a position on, as they come and as the client takes them. Nothing is
 * remembered of where a reader is: that is the client's own affair.
 *
 * @throws AmqpRefusal when the readers that are there leave no place for another
 */
export function readEvents<E extends Logged>(reading: Reading<E>, link: OutgoingLink): void {
  const { stream, group, partition, from, ask } = reading;
  stream.readers.add(`${group}/${partition.id}`, link);
  const tellsMetrics = [link.desiredCapabilities].flat().includes(METRICS);
  let next = from(partition);
  supply<E>(link, {
    next() {
      const event = partition.at(next, stream.clock.now());
      next = event === undefined ? next : event.sequence + 1;
      return event;
    },
    ask: (event) => ask(stream.deviceOf(event)),
    send(event) {
      const now = stream.clock.now();
      link.send(stream.messageOf(event, tellsMetrics ? lastEnqueued(partition.state(now), now) : undefined));
    },
    giveBack: () => undefined, // the client remembers where it is
    onMore: (callback) => partition.onAppend(callback),
  });
}
