import { unauthorizedAccess } from '../../wire/amqp/refusal';
import type { AmqpPeer, Credential } from '../../wire/amqp/service';
import type { Turn } from '../../wire/amqp/turn';
import type { Place, StreamHost, StreamOperation } from '../../event-hubs/amqp/session';
import type { Stream } from '../../event-hubs/stream';
import type { LoggedEvent } from '../events/events';
import type { Hub } from '../hub';
import { disturbanceOf, type HubDisturbance } from './disturbance';
import { admitToEvents, entityOf, requireEvents } from './events-access';
import { eventMessage } from './event-message';
import { asked, eventsRefusalOf } from './refusals';

const OPERATIONS = { attach: 'events.attach', deliver: 'events.deliver' } as const;

/** A connection to the Event-Hub-compatible endpoint of a hub: one stream, which nobody but the hub writes. */
export class EventsHost implements StreamHost<LoggedEvent> {
  readonly #disturbance: HubDisturbance;

  constructor(
    private readonly hub: Hub,
    private readonly peer: AmqpPeer,
  ) {
    hub.amqpPeers.add(peer);
    this.#disturbance = disturbanceOf(hub, peer);
  }

  stream(name: string): Stream<LoggedEvent> | undefined {
    // Through the address of an IoT hub clients name the entity by the path they dialled.
    const isOurs = [entityOf(this.hub), 'messages/events'].includes(name.toLowerCase());
    return isOurs ? streamOf(this.hub) : undefined;
  }

  admit(credential: Credential): number {
    return admitToEvents(this.hub, credential);
  }

  require(claim: 'Listen' | 'Send' | 'any', { address }: Place): void {
    // The policies of an IoT hub let nobody send: devices do, through the hub.
    if (claim === 'Send') throw unauthorizedAccess(NO_SENDING);
    requireEvents(this.hub, this.peer, claim === 'any' ? `${entityOf(this.hub)}/$management` : address);
  }

  openSender(): Turn {
    throw unauthorizedAccess(NO_SENDING);
  }

  ask(operation: StreamOperation, deviceId?: string): Turn {
    if (operation === 'send') return undefined; // nobody does
    return asked(() => this.#disturbance.turn(OPERATIONS[operation], deviceId), eventsRefusalOf);
  }

  end(): void {
    this.hub.amqpPeers.delete(this.peer);
  }
}

const NO_SENDING = `Unauthorized access. 'Send' claim(s) are required to perform this operation.`;

/** The built-in endpoint of a hub. */
const streamOf = (hub: Hub): Stream<LoggedEvent> => ({
  name: entityOf(hub),
  createdAt: hub.events.createdAt,
  partitionIds: hub.events.partitionIds,
  partition: (id) => hub.events.partition(id),
  consumerGroups: hub.events.consumerGroups,
  readers: hub.readers,
  clock: hub.clock,
  messageOf: eventMessage,
  deviceOf: ({ deviceId }) => deviceId,
});
