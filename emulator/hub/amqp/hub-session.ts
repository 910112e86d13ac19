import type { Message } from 'rhea';
import type { IncomingLink } from '../../wire/amqp/incoming-link';
import type { Link } from '../../wire/amqp/link';
import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { AmqpRefusal, notFound } from '../../wire/amqp/refusal';
import type { AmqpPeer, AmqpSession, Credential } from '../../wire/amqp/service';
import { inTurn, type Turn } from '../../wire/amqp/turn';
import { eventsHostName } from '../../names';
import type { Hub } from '../hub';
import { isFullTier } from '../quotas';
import { DeviceLinks } from './device-links';
import { disturbanceOf, type HubDisturbance } from './disturbance';
import { entityOf } from './events-access';
import { admitToHub, requireHub, type Requirement } from './hub-access';
import { deliverDocuments, FEEDBACK, FILE_NOTIFICATIONS } from './notices';
import { asked, notInTier } from './refusals';
import { addresseeOf, sendCloudMessage } from './send';

const SEND: Requirement = { right: 'ServiceConnect', actions: ['cloudToDeviceMessages/send/action'] };
const READ_FEEDBACK: Requirement = { right: 'ServiceConnect', actions: ['cloudToDeviceMessages/feedback/action'] };
const READ_FILES: Requirement = { right: 'ServiceConnect', actions: ['fileUpload/notifications/action'] };

/** A connection to a hub's own host: of a service application or of devices. */
export class HubSession implements AmqpSession {
  readonly #devices: DeviceLinks;
  readonly #disturbance: HubDisturbance;

  constructor(
    private readonly hub: Hub,
    private readonly peer: AmqpPeer,
  ) {
    hub.amqpPeers.add(peer);
    this.#disturbance = disturbanceOf(hub, peer);
    this.#devices = new DeviceLinks(hub, peer, this.#disturbance);
  }

  admit(credential: Credential, audience: string): number {
    return admitToHub(this.hub, credential, audience);
  }

  openOutgoing(link: OutgoingLink): Turn {
    const { feedback, fileNotifications } = this.hub;
    const ask = (): Turn => this.#ask('amqp.deliver');
    switch (link.address.toLowerCase()) {
      case 'messages/servicebound/feedback':
        return this.#admit(link, READ_FEEDBACK, () =>
          deliverDocuments({ queue: feedback, format: FEEDBACK, ask }, link),
        );
      case 'messages/servicebound/filenotifications':
        return this.#admit(link, READ_FILES, () =>
          deliverDocuments({ queue: fileNotifications, format: FILE_NOTIFICATIONS, ask }, link),
        );
      default:
        return this.#devices.open(
          link,
          (device, path) => device.openOutgoing(link, path),
          () => this.#refuse(link),
        );
    }
  }

  openIncoming(link: IncomingLink): Turn {
    if (link.address.toLowerCase() !== 'messages/devicebound') {
      return this.#devices.open(
        link,
        (device, path) => device.openIncoming(link, path),
        () => this.#refuse(link),
      );
    }
    return this.#admit(link, SEND, () => link.onMessage((message) => this.#send(link, message)));
  }

  #send(link: IncomingLink, message: Message): Turn {
    const addressee = addresseeOf(message);
    const { deviceId } = addressee;
    return inTurn(link, [() => this.#ask('amqp.transfer', deviceId)], () =>
      sendCloudMessage(this.hub, addressee, message),
    );
  }

  end(): void {
    this.hub.amqpPeers.delete(this.peer);
  }

  /** @throws AmqpRefusal */
  #ask(operation: 'amqp.attach' | 'amqp.deliver' | 'amqp.transfer', deviceId?: string): Turn {
    return asked(() => this.#disturbance.turn(operation, deviceId));
  }

  /** Lets a service's link in, and opens it. @throws AmqpRefusal */
  #admit(link: Link, requirement: Requirement, open: () => void): Turn {
    link.permit(() => requireHub(this.hub, this.peer, link.address, requirement));
    if (!isFullTier(this.hub.settings.sku)) throw notInTier();
    return inTurn(link, [() => this.#ask('amqp.attach')], open);
  }

  #refuse(link: Link): never {
    if (/^messages\/events(\/|$)/i.test(link.address)) this.#redirect(link);
    throw notFound(link.address);
  }

  /** Readers who know only the hub's own host are sent to the endpoint (azure-event-hubs, `fromIotHubConnectionString`). */
  #redirect(link: Link): never {
    link.permit(() => requireHub(this.hub, this.peer, link.address, { right: 'ServiceConnect', actions: [] }));
    const host = eventsHostName(this.hub.name);
    const rest = link.address.slice('messages/events'.length);
    throw new AmqpRefusal('amqp:link:redirect', 'The link is served by the Event-Hub-compatible endpoint.', {
      hostname: host,
      'network-host': host,
      port: 5671,
      address: `amqps://${host}:5671/${entityOf(this.hub)}${rest}`,
    });
  }
}
