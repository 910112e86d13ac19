import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { AmqpRefusal } from '../../wire/amqp/refusal';

/** Readers of one partition for one consumer group (event-hubs/event-hubs-quotas.md). */
const MOST_READERS = 5;

interface Reader {
  readonly link: OutgoingLink;
  /** Owner level; undefined for those who share the partition. */
  readonly epoch: number | undefined;
}

/** Who reads which partition of a stream; of readers with an owner level the highest wins. */
export class Readers {
  readonly #byPlace = new Map<string, Set<Reader>>();

  /**
   * @param place `<consumer group>/<partition>`
   * @throws AmqpRefusal when a reader of a higher level is there, or five without
   */
  add(place: string, link: OutgoingLink): void {
    const readers = this.#byPlace.get(place) ?? new Set<Reader>();
    const epoch = epochOf(link);
    const owner = [...readers].find((each) => each.epoch !== undefined);
    if (owner?.epoch !== undefined && (epoch === undefined || epoch < owner.epoch))
      throw stolen(link.name, owner.epoch);
    if (epoch !== undefined) for (const { link: other } of readers) other.close(stolen(other.name, epoch));
    else if (readers.size >= MOST_READERS) throw tooMany(place);
    const reader = { link, epoch };
    this.#byPlace.set(place, readers.add(reader));
    link.onClose(() => {
      readers.delete(reader);
      if (readers.size === 0 && this.#byPlace.get(place) === readers) this.#byPlace.delete(place);
    });
  }
}

/** `com.microsoft:epoch`, a long: a number, or 8 bytes when it is beyond those. */
function epochOf({ properties }: OutgoingLink): number | undefined {
  const epoch = properties['com.microsoft:epoch'];
  if (typeof epoch === 'number') return epoch;
  return Buffer.isBuffer(epoch) && epoch.length === 8 ? Number(epoch.readBigInt64BE()) : undefined;
}

const stolen = (name: string, epoch: number): AmqpRefusal =>
  new AmqpRefusal(
    'amqp:link:stolen',
    `New receiver with higher epoch of '${epoch}' is created hence current receiver '${name}' is getting disconnected. ` +
      'If you are recreating the receiver, make sure a higher epoch is used.',
  );

const tooMany = (place: string): AmqpRefusal =>
  new AmqpRefusal(
    'amqp:resource-limit-exceeded',
    `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${MOST_READERS}: ${place}.`,
  );
