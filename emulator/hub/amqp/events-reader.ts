import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { supply } from '../../wire/amqp/supply';
import type { Turn } from '../../wire/amqp/turn';
import type { LoggedEvent } from '../events/events';
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
  /** When an event of this device may go. @throws AmqpRefusal */
  readonly ask: (deviceId: string) => Turn;
}

/**
 * Sends a partition's events over a link, from a position on, as they come and as the client takes them. Nothing is
 * remembered of where a reader is: that is the client's own affair.
 *
 * @throws AmqpRefusal when the readers that are there leave no place for another
 */
export function readEvents({ hub, group, partition, from, ask }: Reading, link: OutgoingLink): void {
  hub.readers.add(`${group}/${partition.id}`, link);
  const tellsMetrics = [link.desiredCapabilities].flat().includes(METRICS);
  let next = from(partition);
  supply<LoggedEvent>(link, {
    next() {
      const event = partition.at(next, hub.clock.now());
      next = event === undefined ? next : event.sequence + 1;
      return event;
    },
    ask: ({ deviceId }) => ask(deviceId),
    send(event) {
      const now = hub.clock.now();
      link.send(eventMessage(event, tellsMetrics ? lastEnqueued(partition.state(now), now) : undefined));
    },
    giveBack: () => undefined, // the client remembers where it is
    onMore: (callback) => partition.onAppend(callback),
  });
}
