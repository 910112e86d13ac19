import type { Message } from 'rhea';
import { partsOf } from '../../wire/amqp/batch';
import { Disturbance } from '../../wire/amqp/disturbance';
import type { IncomingLink } from '../../wire/amqp/incoming-link';
import { AmqpRefusal, notFound, notImplemented } from '../../wire/amqp/refusal';
import { takeApart, takeApartMessage } from '../../wire/amqp/sections';
import type { AmqpPeer, AmqpService, Credential, MessageSizes } from '../../wire/amqp/service';
import { inTurn, type Turn } from '../../wire/amqp/turn';
import { EVENTS_HOST_PATTERN } from '../../names';
import { COMMON_KINDS } from '../../world/faults';
import type { World } from '../../world/world';
import { admitToNamespace, requireClaim, type Wanted } from '../access';
import { keyIn, type EventHub, type NewEvent, type StoredEvent } from '../event-hub';
import type { Namespace, Namespaces } from '../namespaces';
import { LIMITS } from '../settings';
import { partitionIn, StreamSession, type Place, type StreamHost, type StreamOperation } from './session';

/** What of a connection to a namespace a fault may strike: links, events on their way in, events on their way to a reader. */
const OPERATIONS = { attach: 'eventHubs.attach', send: 'eventHubs.send', deliver: 'eventHubs.deliver' } as const;
type Operation = (typeof OPERATIONS)[StreamOperation];

/** Room beyond a message's limit before a connection is cut: who sends too much is told so first. */
const CUT_FACTOR = 4;
const IDEMPOTENT = 'com.microsoft:idempotent-producer';

/** The namespaces over AMQP, each with a host of its own. */
export function namespaceAmqpService(namespaces: Namespaces, { faults }: Pick<World, 'faults'>): AmqpService {
  faults.declare(COMMON_KINDS, ...Object.values(OPERATIONS));
  return {
    open(host, peer) {
      const namespace = namespaces.get(EVENTS_HOST_PATTERN.exec(host)?.[1] ?? '');
      return namespace && new StreamSession(new NamespaceHost(namespace, peer));
    },
  };
}

/** A connection to a namespace. */
class NamespaceHost implements StreamHost<StoredEvent> {
  readonly #disturbance: Disturbance<Operation>;

  constructor(
    private readonly namespace: Namespace,
    private readonly peer: AmqpPeer,
  ) {
    namespace.peers.add(peer);
    this.#disturbance = new Disturbance({ world: namespace.world, peer, hub: namespace.name, refusal: faultOf });
  }

  get messageSizes(): MessageSizes {
    const announced = LIMITS[this.namespace.settings.sku.name].messageBytes;
    return { announced, cut: announced * CUT_FACTOR };
  }

  stream(name: string): EventHub | undefined {
    return this.namespace.get(name);
  }

  admit(credential: Credential): number {
    return admitToNamespace(this.namespace, credential);
  }

  require(claim: Wanted, place: Place): void {
    requireClaim(this.namespace, this.peer.credentials(), claim, place);
    const eventHub = this.#require(place.entity);
    if (claim === 'Listen') eventHub.requireReadable();
  }

  openSender(link: IncomingLink, entity: string, id: string | undefined): Turn {
    const eventHub = this.#require(entity);
    const partition = id === undefined ? undefined : partitionIn(eventHub, id);
    if ([link.desiredCapabilities].flat().includes(IDEMPOTENT)) throw notImplemented('Idempotent publishing');
    return inTurn(link, [() => this.ask('attach')], () =>
      link.onMessage((message, format) => {
        const { events, bytes } = eventsOf(partsOf(message, format), keyOf(message, format));
        return inTurn(link, [() => this.ask('send')], () => {
          this.#requireSize(bytes);
          this.namespace.ingress.take(events.length, bytes);
          eventHub.append(events, partition);
          this.namespace.world.counters.add('eventHubs events', events.length);
        });
      }),
    );
  }

  ask(operation: StreamOperation): Turn {
    return this.#disturbance.turn(OPERATIONS[operation], undefined);
  }

  end(): void {
    this.namespace.peers.delete(this.peer);
  }

  #require(entity: string): EventHub {
    const eventHub = this.namespace.get(entity);
    if (eventHub === undefined) throw notFound(`sb://${this.namespace.name}/${entity}`);
    return eventHub;
  }

  #requireSize(bytes: number): void {
    const { announced } = this.messageSizes;
    if (bytes <= announced) return;
    const text = `The received message (size:${bytes} bytes) exceeds the limit (${announced} bytes) currently allowed on the link.`;
    throw new AmqpRefusal('amqp:link:message-size-exceeded', text);
  }
}

/** A batch has its key on its envelope, the messages in it may repeat it. */
const keyOf = (message: Message, format: number): string | undefined =>
  keyIn({ annotations: message.message_annotations ?? {}, bare: EMPTY }) ??
  (format === 0 ? undefined : keyIn(takenApart(partsOf(message, format)[0] ?? EMPTY)));
const EMPTY = Buffer.alloc(0);

function eventsOf(
  parts: readonly (Buffer | Message)[],
  partitionKey: string | undefined,
): { readonly events: NewEvent[]; readonly bytes: number } {
  const events = parts.map((part) => ({ ...takenApart(part), partitionKey }));
  const bytes = parts.reduce(
    (sum, part, i) => sum + (Buffer.isBuffer(part) ? part.length : (events[i]?.bare.length ?? 0)),
    0,
  );
  return { events, bytes };
}

const takenApart = (part: Buffer | Message) => (Buffer.isBuffer(part) ? takeApart(part) : takeApartMessage(part));

/** As Event Hubs tells it; a busy one is tried again (event-hubs/event-hubs-amqp-troubleshoot.md). */
function faultOf(status: number): AmqpRefusal {
  const text = 'A fault that the emulator was asked for.';
  if ([429, 503].includes(status)) return new AmqpRefusal('com.microsoft:server-busy', text);
  if ([401, 403].includes(status)) return new AmqpRefusal('amqp:unauthorized-access', text);
  return status === 404 ? notFound('') : new AmqpRefusal('amqp:internal-error', text);
}
