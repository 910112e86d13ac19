import type { Clock } from '../world/clock';
import type { Mailboxes } from './c2d/mailboxes';
import { Device } from './hub-device';
import { HubError } from './errors';
import { requireMatch } from './etag';
import { newIdentity, updatedIdentity, type IdentityInput } from './identity';
import type { Json } from '../world/json';
import { Ordered } from '../world/ordered';
import { newTwin, patchTwin, replaceTwin, reportTwin, type Twin, type TwinChange } from './twin/twin';

/** Where devices are kept: in memory ({@link Ordered}), or durably behind the same calls. */
export type DeviceStore = Pick<Ordered<Device>, 'size' | 'get' | 'add' | 'delete' | 'after' | 'among'>;

/** The identity registry of a hub and the twins that go with it. */
export class Registry {
  constructor(
    private readonly clock: Clock,
    private readonly mailboxes: Mailboxes,
    private readonly store: DeviceStore = new Ordered<Device>(),
  ) {}

  get size(): number {
    return this.store.size;
  }

  get(deviceId: string): Device | undefined {
    return this.store.get(deviceId);
  }

  /** @throws HubError DeviceNotFound */
  require(deviceId: string): Device {
    const device = this.get(deviceId);
    if (device === undefined) throw new HubError('DeviceNotFound', `Device ${deviceId} not registered`);
    return device;
  }

  /** Devices after a position (0 for all), oldest first, each with its position. */
  after(position: number): Iterable<readonly [number, Device]> {
    return this.store.after(position);
  }

  /** As {@link after}, of these ids only. */
  among(deviceIds: ReadonlySet<string>, position: number): Iterable<readonly [number, Device]> {
    return this.store.among(deviceIds, position);
  }

  /** @throws HubError DeviceAlreadyExists */
  create(input: IdentityInput): Device {
    if (this.get(input.deviceId) !== undefined) {
      throw new HubError('DeviceAlreadyExists', `A device with ID '${input.deviceId}' is already registered.`);
    }
    const device = new Device(newIdentity(input, this.clock.now()), newTwin(this.clock.now()), this.mailboxes);
    this.store.add(input.deviceId, device);
    return device;
  }

  /** @throws HubError DeviceNotFound, PreconditionFailed. Disabling closes the device's connection */
  update(input: IdentityInput, ifMatch: string | undefined): Device {
    const device = this.require(input.deviceId);
    requireMatch(ifMatch, device.identity.etag);
    device.identity = updatedIdentity(device.identity, input, this.clock.now());
    if (device.identity.status === 'disabled') device.link?.close();
    return device;
  }

  /** Ends the device, its twin and its connection. @throws HubError DeviceNotFound, PreconditionFailed */
  delete(deviceId: string, ifMatch: string | undefined): void {
    const device = this.require(deviceId);
    requireMatch(ifMatch, device.identity.etag);
    this.store.delete(deviceId);
    this.mailboxes.delete(device.identity);
    device.link?.close();
    device.wake();
  }

  /** A service's merge of tags and desired properties. @throws HubError ArgumentInvalid, PreconditionFailed */
  patchTwin(device: Device, body: Json | undefined, ifMatch: string | undefined): void {
    requireMatch(ifMatch, device.twin.etag);
    this.#apply(device, patchTwin(device.twin, body, this.clock.now()));
  }

  /** A service's replacement of tags and desired properties. @throws as {@link patchTwin} */
  replaceTwin(device: Device, body: Json | undefined, ifMatch: string | undefined): void {
    requireMatch(ifMatch, device.twin.etag);
    this.#apply(device, replaceTwin(device.twin, body, this.clock.now()));
  }

  /** A device's report. @param version what the device took for the current one, when it said so. @throws HubError */
  reportTwin(device: Device, patch: Json | undefined, version: number | undefined): Twin {
    if (version !== undefined && version !== device.twin.reported.$version) {
      throw new HubError(
        'PreconditionFailed',
        `The version of reported properties is ${device.twin.reported.$version}.`,
      );
    }
    return (device.twin = reportTwin(device.twin, patch, this.clock.now()));
  }

  #apply(device: Device, { twin, notice }: TwinChange): void {
    device.twin = twin;
    if (notice !== undefined) device.link?.sendDesired(notice, twin.desired.$version);
  }
}
