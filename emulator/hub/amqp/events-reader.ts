import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import type { Partition } from '../events/partition';
import type { Hub } from '../hub';
import { eventMessage, lastEnqueued } from './event-message';
import type { Position } from './position';

const METRICS = 'com.microsoft:enable-receiver-runtime-metric';

/** What a reader reads. */
export interface Reading {
  readonly hub: Hub;
  readonly group: string;
  readonly partition: Partition;
  readonly from: Position;
}

/**
 * Sends a partition's events over a link, from a position on, as they come and as the client takes them. Nothing is
 * remembered of where a reader is: that is the client's own affair.
 *
 * @throws AmqpRefusal when the readers that are there leave no place for another
 */
export function readEvents({ hub, group, partition, from }: Reading, link: OutgoingLink): void {
  hub.readers.add(`${group}/${partition.id}`, link);
  const tellsMetrics = [link.desiredCapabilities].flat().includes(METRICS);
  let next = from(partition);
  const pump = (): void => {
    while (link.room > 0) {
      const now = hub.clock.now();
      const event = partition.at(next, now);
      if (event === undefined) {
        link.drained();
        return;
      }
      next = event.sequence + 1;
      link.send(eventMessage(event, tellsMetrics ? lastEnqueued(partition.state(now), now) : undefined));
    }
  };
  link.onRoom(pump);
  link.onClose(partition.onAppend(pump));
}
