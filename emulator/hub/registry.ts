import type { Clock } from '../world/clock';
import type { Store } from '../world/store';
import type { Mailboxes } from './c2d/mailboxes';
import type { ConnectionObserver, Device, DeviceState, Remembrance } from './hub-device';
import { HubError } from './errors';
import { requireMatch } from './etag';
import { newIdentity, updatedIdentity, type IdentityInput } from './identity';
import type { Json, JsonObject } from '../world/json';
import { mostDevicesOf } from './quotas';
import type { Sku } from './settings';
import { Shelf } from './shelf';
import {
  initialTwin,
  patchTwin,
  replaceTwin,
  reportTwin,
  type GivenTwin,
  type Twin,
  type TwinChange,
} from './twin/twin';

/** Modules that a device may have (iot-hub/iot-hub-devguide-module-twins.md); those of the Edge runtime count. */
const MOST_MODULES = 50;

/** The modules that every Edge device has (iot-edge/iot-edge-runtime.md). */
const EDGE_MODULES = ['$edgeAgent', '$edgeHub'];

/** Told of every change after it is kept. */
export interface RegistryObserver extends ConnectionObserver {
  created(device: Device): void;
  deleted(device: Device): void;
  /** `old` is the identity as it was. */
  updated(device: Device, old: DeviceState['identity']): void;
  twinChanged(device: Device, before: Twin, change: TwinWrite): void;
}

/** What was written: by the service (tags, desired) or by the device (reported). `replaced` tells PUT from PATCH. */
export interface TwinWrite {
  readonly tags?: JsonObject | undefined;
  readonly desired?: JsonObject | undefined;
  readonly reported?: JsonObject | undefined;
  readonly replaced: boolean;
}

/** What a registry needs of its hub. */
export interface RegistryWorld {
  readonly clock: Clock;
  readonly store: Store;
  /** Where in the store: `hubs/<name>`. */
  readonly path: string;
  readonly sku: () => Sku;
  readonly mailboxes: Mailboxes;
  readonly observer: RegistryObserver;
  readonly past: Remembrance;
}

/** The identity registry of a hub, devices and modules, and the twins that go with it. */
export class Registry {
  readonly #devices: Shelf;
  readonly #modules: Shelf;
  readonly #modulesOf = new Map<string, Map<string, Device>>();
  readonly #clock: Clock;
  readonly #observer: RegistryObserver;

  constructor(private readonly world: RegistryWorld) {
    const { clock, store, path, observer } = world;
    this.#clock = clock;
    this.#observer = observer;
    this.#devices = new Shelf(store.collection(`${path}/devices`), world);
    this.#modules = new Shelf(store.collection(`${path}/modules`), world);
    for (const [, module] of this.#modules.after(0)) this.#index(module);
  }

  /** How many devices there are; modules do not count. */
  get size(): number {
    return this.#devices.size;
  }

  get(deviceId: string): Device | undefined {
    return this.#devices.get(deviceId);
  }

  /** @throws HubError DeviceNotFound */
  require(deviceId: string): Device {
    const device = this.get(deviceId);
    if (device === undefined) throw new HubError('DeviceNotFound', `Device ${deviceId} not registered`);
    return device;
  }

  module(deviceId: string, moduleId: string): Device | undefined {
    return this.#modules.get(`${deviceId}/${moduleId}`);
  }

  /** @throws HubError DeviceNotFound, ModuleNotFound */
  requireModule(deviceId: string, moduleId: string): Device {
    this.require(deviceId);
    const module = this.module(deviceId, moduleId);
    if (module === undefined) {
      throw new HubError('ModuleNotFound', `Module ${moduleId} on device ${deviceId} not registered`);
    }
    return module;
  }

  /** Oldest first. */
  modulesOf(deviceId: string): readonly Device[] {
    return [...(this.#modulesOf.get(deviceId)?.values() ?? [])];
  }

  /** Whether exactly this device or module (and not a later one of the same name) is registered. */
  has(device: Device): boolean {
    return this.#shelfOf(device).get(keyOf(device.identity)) === device;
  }

  /** Devices after a position (0 for all), oldest first, each with its position. */
  after(position: number): Iterable<readonly [number, Device]> {
    return this.#devices.after(position);
  }

  /** As {@link after}, of these ids only. */
  among(deviceIds: ReadonlySet<string>, position: number): Iterable<readonly [number, Device]> {
    return this.#devices.among(deviceIds, position);
  }

  /** All modules of the hub after a position, oldest first; positions are apart from those of devices. */
  modulesAfter(position: number): Iterable<readonly [number, Device]> {
    return this.#modules.after(position);
  }

  /**
   * Registers a device, or a module when the input names one.
   *
   * @param twin what its twin starts with, else empty: a bulk's, an enrollment's initial twin, or one that moves here
   * @throws HubError DeviceAlreadyExists, ModuleAlreadyExistsOnDevice, TooManyDevices, TooManyModulesOnDevice,
   *   ArgumentInvalid for a twin beyond its limits
   */
  create(input: IdentityInput, twin: GivenTwin = {}): Device {
    if (input.moduleId?.startsWith('$')) throw new HubError('ArgumentInvalid', "A module's id cannot begin with '$'.");
    return this.world.store.batch(() => this.#create(input, twin));
  }

  #create(input: IdentityInput, twin: GivenTwin): Device {
    this.#requireFree(input);
    const now = this.#clock.now();
    const state = { identity: newIdentity(input, now), twin: initialTwin(twin, now), modelId: '' };
    const device = (input.moduleId ? this.#modules : this.#devices).add(keyOf(state.identity), state);
    if (input.moduleId) this.#index(device);
    this.#observer.created(device);
    this.#addEdgeModules(device);
    return device;
  }

  /** @throws HubError DeviceNotFound, ModuleNotFound, PreconditionFailed. Disabling closes the device's connections */
  update(input: IdentityInput, ifMatch: string | undefined): Device {
    const { deviceId, moduleId } = input;
    const device = moduleId ? this.requireModule(deviceId, moduleId) : this.require(deviceId);
    const { identity: old } = device;
    requireMatch(ifMatch, old.etag);
    this.#change(device, { identity: updatedIdentity(old, input, this.#clock.now()) });
    if (device.identity.status === 'disabled') for (const each of this.#withModules(device)) each.link?.close();
    this.#observer.updated(device, old);
    this.#addEdgeModules(device);
    return device;
  }

  /** Ends the device with its modules, their twins and connections. @throws HubError DeviceNotFound, PreconditionFailed */
  delete(deviceId: string, ifMatch: string | undefined): void {
    const device = this.require(deviceId);
    requireMatch(ifMatch, device.identity.etag);
    this.world.store.batch(() => {
      for (const module of this.modulesOf(deviceId)) this.#remove(module);
      this.#remove(device);
    });
  }

  /**
   * @throws HubError ModuleNotFound, PreconditionFailed; InvalidOperation for a module of the Edge runtime, which lives as
   *   long as its device
   */
  deleteModule(deviceId: string, moduleId: string, ifMatch: string | undefined): void {
    const module = this.requireModule(deviceId, moduleId);
    requireMatch(ifMatch, module.identity.etag);
    if (EDGE_MODULES.includes(moduleId) && this.require(deviceId).identity.capabilities.iotEdge) {
      throw new HubError('InvalidOperation', `Module ${moduleId} belongs to the Edge device and cannot be deleted.`);
    }
    this.#remove(module);
  }

  /** A service's merge of tags and desired properties. @throws HubError ArgumentInvalid, PreconditionFailed */
  patchTwin(device: Device, body: Json | undefined, ifMatch: string | undefined): void {
    requireMatch(ifMatch, device.twin.etag);
    this.#apply(device, patchTwin(device.twin, body, this.#clock.now()), false);
  }

  /** A service's replacement of tags and desired properties. @throws as {@link patchTwin} */
  replaceTwin(device: Device, body: Json | undefined, ifMatch: string | undefined): void {
    requireMatch(ifMatch, device.twin.etag);
    this.#apply(device, replaceTwin(device.twin, body, this.#clock.now()), true);
  }

  /** A device's report. @param version what the device took for the current one, when it said so. @throws HubError */
  reportTwin(device: Device, patch: Json | undefined, version: number | undefined): Twin {
    const before = device.twin;
    if (version !== undefined && version !== before.reported.$version) {
      throw new HubError('PreconditionFailed', `The version of reported properties is ${before.reported.$version}.`);
    }
    this.#change(device, { twin: reportTwin(before, patch, this.#clock.now()) });
    this.#observer.twinChanged(device, before, { reported: patch as JsonObject, replaced: false }); // reportTwin checked it
    return device.twin;
  }

  /** Remembers which model a device says that it follows. */
  setModel(device: Device, modelId: string): void {
    if (device.modelId !== modelId) this.#change(device, { modelId });
  }

  /** Keeps what automatic configurations do to a twin; the twin itself is written apart. */
  setConfigured(device: Device, configured: DeviceState['configured']): void {
    this.#change(device, { configured });
  }

  #apply(device: Device, { twin, notice, tags }: TwinChange, replaced: boolean): void {
    const before = device.twin;
    this.#change(device, { twin });
    if (notice !== undefined) device.link?.sendDesired(notice, twin.desired.$version);
    this.#observer.twinChanged(device, before, { tags, desired: notice, replaced });
  }

  #change(device: Device, change: Partial<DeviceState>): void {
    this.#shelfOf(device).change(keyOf(device.identity), device, change);
  }

  #remove(device: Device): void {
    const { deviceId, moduleId } = device.identity;
    this.#shelfOf(device).delete(keyOf(device.identity));
    this.world.mailboxes.delete(device.identity);
    if (moduleId !== undefined) this.#unindex(deviceId, moduleId);
    device.link?.close();
    device.wake();
    this.#observer.deleted(device);
  }

  #requireFree({ deviceId, moduleId }: IdentityInput): void {
    if (!moduleId) {
      if (this.get(deviceId) !== undefined) {
        throw new HubError('DeviceAlreadyExists', `A device with ID '${deviceId}' is already registered.`);
      }
      if (this.#isFull) throw new HubError('TooManyDevices', 'The hub holds as many devices as its tier allows.');
      return;
    }
    this.require(deviceId);
    if (this.module(deviceId, moduleId) !== undefined) {
      const text = `A module with ID '${moduleId}' is already registered on device '${deviceId}'.`;
      throw new HubError('ModuleAlreadyExistsOnDevice', text);
    }
    if (this.modulesOf(deviceId).length >= MOST_MODULES || this.#isFull) {
      throw new HubError('TooManyModulesOnDevice', `A device may have at most ${MOST_MODULES} modules.`);
    }
  }

  get #isFull(): boolean {
    return this.#devices.size + this.#modules.size >= mostDevicesOf(this.world.sku());
  }

  #addEdgeModules({ identity: { deviceId, moduleId, capabilities } }: Device): void {
    if (moduleId !== undefined || !capabilities.iotEdge) return;
    for (const edgeModule of EDGE_MODULES) {
      if (this.module(deviceId, edgeModule) !== undefined) continue;
      this.#create({ deviceId, moduleId: edgeModule, managedBy: 'iotEdge', authentication: { type: 'none' } }, {});
    }
  }

  #withModules(device: Device): readonly Device[] {
    const { deviceId, moduleId } = device.identity;
    return moduleId === undefined ? [device, ...this.modulesOf(deviceId)] : [device];
  }

  readonly #shelfOf = ({ identity }: Device): Shelf =>
    identity.moduleId === undefined ? this.#devices : this.#modules;

  #index(module: Device): void {
    const { deviceId, moduleId = '' } = module.identity;
    const modules = this.#modulesOf.get(deviceId) ?? new Map<string, Device>();
    this.#modulesOf.set(deviceId, modules.set(moduleId, module));
  }

  #unindex(deviceId: string, moduleId: string): void {
    const modules = this.#modulesOf.get(deviceId);
    modules?.delete(moduleId);
    if (modules?.size === 0) this.#modulesOf.delete(deviceId);
  }
}

/** No id holds a slash, so that no device's key is a module's. */
const keyOf = ({ deviceId, moduleId }: DeviceState['identity']): string =>
  moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
