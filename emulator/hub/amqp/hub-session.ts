import type { IncomingLink } from '../../wire/amqp/incoming-link';
import type { Link } from '../../wire/amqp/link';
import type { OutgoingLink } from '../../wire/amqp/outgoing-link';
import { AmqpRefusal, notFound } from '../../wire/amqp/refusal';
import type { AmqpPeer, AmqpSession, Credential } from '../../wire/amqp/service';
import { eventsHostName } from '../../names';
import type { Hub } from '../hub';
import { isFullTier } from '../quotas';
import { DeviceLinks } from './device-links';
import { entityOf } from './events-access';
import { admitToHub, requireHub, type Requirement } from './hub-access';
import { deliverDocuments, FEEDBACK, FILE_NOTIFICATIONS } from './notices';
import { FaultError } from '../routes/entrance';
import { notInTier, refusalOf } from './refusals';
import { sendCloudMessage } from './send';

/** What faults may strike: links of the service, and cloud-to-device messages on them. */
export const AMQP_OPERATIONS = ['amqp.attach', 'amqp.transfer'] as const;

const SEND: Requirement = { right: 'ServiceConnect', actions: ['cloudToDeviceMessages/send/action'] };
const READ_FEEDBACK: Requirement = { right: 'ServiceConnect', actions: ['cloudToDeviceMessages/feedback/action'] };
const READ_FILES: Requirement = { right: 'ServiceConnect', actions: ['fileUpload/notifications/action'] };

/** A connection to a hub's own host: of a service application or of devices. */
export class HubSession implements AmqpSession {
  readonly #devices: DeviceLinks;

  constructor(
    private readonly hub: Hub,
    private readonly peer: AmqpPeer,
  ) {
    hub.amqpPeers.add(peer);
    this.#devices = new DeviceLinks(hub, peer);
  }

  admit(credential: Credential, audience: string): number {
    return admitToHub(this.hub, credential, audience);
  }

  openOutgoing(link: OutgoingLink): void {
    const address = link.address.toLowerCase();
    if (address === 'messages/servicebound/feedback') {
      this.#admit(link, READ_FEEDBACK);
      deliverDocuments(this.hub.feedback, FEEDBACK, link);
    } else if (address === 'messages/servicebound/filenotifications') {
      this.#admit(link, READ_FILES);
      deliverDocuments(this.hub.fileNotifications, FILE_NOTIFICATIONS, link);
    } else if (!this.#devices.open(link, (device, path) => device.openOutgoing(link, path))) this.#refuse(link);
  }

  openIncoming(link: IncomingLink): void {
    if (link.address.toLowerCase() === 'messages/devicebound') {
      this.#admit(link, SEND);
      link.onMessage((message) => {
        this.#strike('amqp.transfer');
        sendCloudMessage(this.hub, message);
      });
    } else if (!this.#devices.open(link, (device, path) => device.openIncoming(link, path))) this.#refuse(link);
  }

  end(): void {
    this.hub.amqpPeers.delete(this.peer);
  }

  /** @throws AmqpRefusal by a fault with a status; other kinds strike nothing here */
  #strike(operation: (typeof AMQP_OPERATIONS)[number]): void {
    const { hub } = this;
    const fault = hub.faults.at(operation, { hub: hub.name });
    if (fault?.kind !== 'status') return;
    hub.counters.add(`fault status ${operation}`);
    throw refusalOf(new FaultError(fault.status, fault.retryAfterSeconds));
  }

  #admit(link: Link, requirement: Requirement): void {
    this.#strike('amqp.attach');
    link.permit(() => requireHub(this.hub, this.peer, link.address, requirement));
    if (!isFullTier(this.hub.settings.sku)) throw notInTier();
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
