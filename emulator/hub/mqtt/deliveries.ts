import type { IPublishPacket } from 'mqtt-packet';
import { HubError } from '../errors';
import { MOST_MESSAGES, type Mailbox } from '../c2d/mailbox';
import type { Locked } from '../c2d/message';
import type { Device } from '../hub-device';
import { bagOf } from './bag';
import { messageTopic } from './topics';

/** Packet ids are 1 to 65,535. */
const PACKET_IDS = 65_535;

/**
 * Hands a device its cloud-to-device messages over MQTT. At QoS 1 each stays locked until its PUBACK; what is not
 * acknowledged comes again, with DUP and the same packet id, when the lock runs out or the device returns.
 */
export class Deliveries {
  readonly #tokens = new Map<number, string>();
  readonly #stop: () => void;
  readonly #mailbox: Mailbox;

  constructor(
    private readonly device: Device,
    private readonly qos: 0 | 1,
    private readonly send: (packet: IPublishPacket) => void,
  ) {
    this.#mailbox = device.mailbox; // this one to the end: a device that is deleted meanwhile has no other
    this.#stop = this.#mailbox.onMessage(() => this.deliver());
  }

  /** Sends all that waits. */
  deliver(): void {
    const mailbox = this.#mailbox;
    for (let locked = mailbox.receive(); locked !== undefined; locked = mailbox.receive()) this.#deliver(locked);
  }

  /** The device has the message; nothing happens when the id means none, or its lock was lost. */
  acknowledge(packetId: number): void {
    const token = this.#tokens.get(packetId);
    this.#tokens.delete(packetId);
    if (token !== undefined) unlessLost(() => this.#mailbox.complete(token));
  }

  /** The connection or the subscription ends: what was not acknowledged goes back. */
  end(): void {
    this.#stop();
    for (const token of this.#tokens.values()) unlessLost(() => this.#mailbox.abandon(token));
  }

  #deliver({ token, message, sequence, deliveryCount }: Locked): void {
    const messageId = ((sequence - 1) % PACKET_IDS) + 1;
    const topic = messageTopic(this.device.identity, bagOf(message));
    const common = { cmd: 'publish', topic, payload: message.body, retain: false } as const;
    if (this.qos === 0) {
      this.send({ ...common, qos: 0, dup: false });
      this.#mailbox.complete(token);
      return;
    }
    this.#remember(messageId, token);
    this.send({ ...common, qos: 1, dup: deliveryCount > 1, messageId });
  }

  /** Ids of messages that have expired since would stay for ever: there are never more live ones than a mailbox holds. */
  #remember(messageId: number, token: string): void {
    this.#tokens.delete(messageId);
    this.#tokens.set(messageId, token);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > 2 * MOST_MESSAGES && oldest !== undefined) this.#tokens.delete(oldest);
  }
}

function unlessLost(settle: () => void): void {
  try {
    settle();
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
  }
}
