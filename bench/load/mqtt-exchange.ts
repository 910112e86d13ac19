import type { Exchange } from './exchange';
import { publishPacket, TYPE, type LoadClient } from './mqtt-client';

/** QoS 1 PUBLISH to PUBACK, `inFlight` of them on each client; the message id tells the slot. */
export const acknowledged = (
  clients: readonly LoadClient[],
  inFlight: number,
  topicOf: (client: LoadClient) => string,
  payload: string,
): Exchange =>
  exchangeOf(clients, inFlight, {
    packet: (client, number) => publishPacket(topicOf(client), payload, number + 1),
    type: TYPE.puback,
    numberOf: (body) => body.readUInt16BE(0) - 1,
  });

/** A QoS 0 PUBLISH and what comes back, on a topic that ends in the same two digits; at most 100 in flight. */
export const requested = (
  clients: readonly LoadClient[],
  inFlight: number,
  topicOf: (client: LoadClient, digits: string) => string,
  payload: string,
): Exchange =>
  exchangeOf(clients, inFlight, {
    packet: (client, number) => publishPacket(topicOf(client, String(number).padStart(2, '0')), payload),
    type: TYPE.publish,
    numberOf: (body) => Number(topicIn(body).slice(-2)),
  });

/** Topic of a PUBLISH without its fixed header. */
export const topicIn = (body: Buffer): string => body.toString('latin1', 2, 2 + body.readUInt16BE(0));

/** Has devices answer what is published to them: `answerTo` makes the packet from the topic. */
export function answering(devices: readonly LoadClient[], answerTo: (topic: string) => Buffer): void {
  for (const device of devices) {
    device.onPacket = (type, body) => {
      if (type === TYPE.publish) device.send(answerTo(topicIn(body)));
    };
  }
}

interface Kind {
  readonly packet: (client: LoadClient, number: number) => Buffer;
  readonly type: number;
  readonly numberOf: (body: Buffer) => number;
}

/** Slot n is number n % inFlight of client n / inFlight. Packets are made once. */
function exchangeOf(clients: readonly LoadClient[], inFlight: number, { packet, type, numberOf }: Kind): Exchange {
  const slots = clients.flatMap((client) =>
    Array.from({ length: inFlight }, (_, number) => ({ client, bytes: packet(client, number) })),
  );
  return {
    slots: slots.length,
    send(slot) {
      const { client, bytes } = slots[slot] as (typeof slots)[number]; // numbers come back as they were sent
      client.send(bytes);
    },
    listen(answered) {
      for (const [index, client] of clients.entries()) {
        client.onPacket = (came, body) => {
          if (came === type) answered(index * inFlight + numberOf(body));
        };
      }
    },
  };
}
