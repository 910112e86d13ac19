import { HubError } from '../errors';
import { LockedQueue, type Entry, type QueueOwner } from './locked-queue';
import type { Ack, Addressee, CloudMessage, FeedbackRecord, Locked, Outcome } from './message';

/** Messages that may wait for a device (iot-hub-devguide-messages-c2d.md, "a device queue holds a maximum of 50"). */
export const MOST_MESSAGES = 50;
/** Body and properties together (iot-hub-devguide-quotas-throttling.md, "Other limits"). */
export const LARGEST_MESSAGE = 64 * 1024;

/** Which outcomes each kind of acknowledgement asks for. */
const WANTS: Readonly<Record<Ack, (outcome: Outcome) => boolean>> = {
  none: () => false,
  positive: (outcome) => outcome === 'Success',
  negative: (outcome) => outcome !== 'Success',
  full: () => true,
};

const DESCRIPTIONS: Readonly<Record<Outcome, string>> = {
  Success: 'Success',
  Expired: 'Message expired',
  DeliveryCountExceeded: 'Message has exceeded its maximum delivery count',
  Rejected: 'Message rejected',
  Purged: 'Message purged',
};

/** The messages that wait for a device or module, and what becomes of them. */
export class Mailbox {
  readonly #queue: LockedQueue<CloudMessage>;

  /** @param report takes feedback that a sender asked for */
  constructor(
    private readonly addressee: Addressee,
    private readonly owner: Omit<QueueOwner<CloudMessage>, 'onDead'>,
    private readonly report: (record: FeedbackRecord) => void,
    kept: readonly Entry<CloudMessage>[] = [],
  ) {
    this.#queue = new LockedQueue({ ...owner, onDead: (entry, why) => this.#tell(entry, why) }, kept);
  }

  /** Messages that are not settled yet, those under a lock included. */
  get size(): number {
    return this.#queue.size;
  }

  /** @throws HubError DeviceMaximumQueueDepthExceeded, MessageTooLarge */
  enqueue(message: CloudMessage): void {
    if (sizeOf(message) > LARGEST_MESSAGE) {
      throw new HubError('MessageTooLarge', `A message may have at most ${LARGEST_MESSAGE} bytes.`);
    }
    if (this.size >= MOST_MESSAGES) {
      const text = `The device queue holds ${MOST_MESSAGES} messages, the most it may.`;
      throw new HubError('DeviceMaximumQueueDepthExceeded', text);
    }
    this.#queue.add(message, message.expiresAt);
  }

  /** The oldest message that nobody has; locked until it is completed, abandoned or rejected, or the lock runs out. */
  receive(): Locked | undefined {
    const taken = this.#queue.take(1);
    const [entry] = taken?.entries ?? [];
    if (taken === undefined || entry === undefined) return undefined;
    const { value: message, sequence, deliveryCount, enqueuedAt, expiresAt } = entry;
    return { token: taken.token, message, sequence, deliveryCount, enqueuedAt, expiresAt };
  }

  /** The device has the message. @throws HubError DeviceMessageLockLost, as the next two */
  complete(token: string): void {
    this.#settle(token, 'Success');
  }

  /** Back to its place in the queue, unless it was delivered too often. */
  abandon(token: string): void {
    this.#queue.release(token);
  }

  /** The device does not want the message. */
  reject(token: string): void {
    this.#settle(token, 'Rejected');
  }

  /** Removes all messages. @returns how many there were */
  purge(): number {
    const entries = this.#queue.clear();
    for (const entry of entries) this.#tell(entry, 'Purged');
    return entries.length;
  }

  /** Calls back whenever {@link receive} may have something. @returns stops that */
  onMessage(callback: () => void): () => void {
    return this.#queue.onMessage(callback);
  }

  /** The addressee is deleted: messages go without a word. */
  discard(): void {
    this.#queue.clear();
    this.#queue.close();
  }

  /** Stops timers; messages stay in the store. */
  close(): void {
    this.#queue.close();
  }

  #settle(token: string, outcome: Outcome): void {
    for (const entry of this.#queue.settle(token)) this.#tell(entry, outcome);
  }

  #tell({ value }: Entry<CloudMessage>, statusCode: Outcome): void {
    if (!WANTS[value.ack](statusCode)) return;
    const { deviceId, moduleId, generationId } = this.addressee;
    this.report({
      originalMessageId: value.messageId,
      deviceId,
      ...(moduleId !== undefined && { moduleId }),
      deviceGenerationId: generationId,
      statusCode,
      enqueuedTimeUtc: new Date(this.owner.clock.now()).toISOString(),
      description: DESCRIPTIONS[statusCode],
    });
  }
}

const sizeOf = ({ body, properties }: CloudMessage): number =>
  Object.entries(properties).reduce((sum, [name, value]) => sum + name.length + value.length, body.length);
