import type { Link } from '../../wire/amqp/link';
import { unauthorizedAccess } from '../../wire/amqp/refusal';
import type { AmqpPeer } from '../../wire/amqp/service';
import { inTurn, type Turn } from '../../wire/amqp/turn';
import type { Hub } from '../hub';
import type { Device } from '../hub-device';
import { asked } from './refusals';
import { proofOf } from './device-access';
import { AmqpDeviceLink } from './device-link';
import type { HubDisturbance } from './disturbance';
import { decodedOrAsIs } from '../../uri';

const ADDRESS = /^devices\/([^/]+)(?:\/modules\/([^/]+))?\/(.+)$/i;

/** The devices and modules of one AMQP connection: mostly one, many through a gateway. */
export class DeviceLinks {
  readonly #byDevice = new Map<Device, AmqpDeviceLink>();

  constructor(
    private readonly hub: Hub,
    private readonly peer: AmqpPeer,
    private readonly disturbance: HubDisturbance,
  ) {}

  /**
   * Opens a link that is a device's.
   *
   * @param open with the path below the device's: `messages/events`
   * @param refuse throws for one that is nobody's
   * @throws AmqpRefusal
   */
  open(link: Link, open: (device: AmqpDeviceLink, path: string) => void, refuse: () => never): Turn {
    const [, deviceId, moduleId, path] = ADDRESS.exec(link.address) ?? [];
    if (deviceId === undefined || path === undefined) return refuse();
    const device = this.#find(deviceId, moduleId);
    if (device === undefined) throw unauthorizedAccess(); // as with a wrong key: who asks need not know
    link.permit(() => void proofOf(this.hub, this.peer, device));
    const ask = (): Turn => asked(() => this.disturbance.turn('amqp.attach', device.identity.deviceId));
    return inTurn(link, [ask], () => this.#open(device, (deviceLink) => open(deviceLink, path.toLowerCase())));
  }

  #open(device: Device, open: (device: AmqpDeviceLink) => void): void {
    const deviceLink = this.#of(device);
    try {
      open(deviceLink);
    } finally {
      deviceLink.endIfIdle(); // a refused link was perhaps the first
    }
  }

  /** Clients differ in whether they encode ids; an id that is one as it stands is meant so. */
  #find(deviceId: string, moduleId: string | undefined): Device | undefined {
    return this.#get(deviceId, moduleId) ?? this.#get(decodedOrAsIs(deviceId), moduleId && decodedOrAsIs(moduleId));
  }

  #get(deviceId: string, moduleId: string | undefined): Device | undefined {
    const { devices } = this.hub;
    return moduleId === undefined ? devices.get(deviceId) : devices.module(deviceId, moduleId);
  }

  #of(device: Device): AmqpDeviceLink {
    const found = this.#byDevice.get(device);
    if (found !== undefined) return found;
    asked(() => this.hub.throttle.takeTurn('connections'));
    const link: AmqpDeviceLink = new AmqpDeviceLink(this.hub, device, {
      proof: () => proofOf(this.hub, this.peer, device),
      turn: (operation) => this.disturbance.turn(operation, device.identity.deviceId),
      ended: () => void this.#byDevice.delete(device),
    });
    this.#byDevice.set(device, link);
    return link;
  }
}
