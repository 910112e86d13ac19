import { HubError } from '../errors';
import type { Device } from '../hub-device';
import type { Registry, RegistryObserver } from '../registry';
import { valuesOf } from '../twin/merge';
import { twinView } from '../views';
import type { Active } from './configurations';
import { combine, patchFor, type Configured, type Wanted } from './settings';

/** Twins looked at in one go before others on the event loop get their turn. */
const BURST = 200;

/**
 * Has twins follow the configurations: a twin that changes, or comes, is looked at at once; all twins, bit by bit, after
 * a configuration has changed. What configurations set stays theirs: who overwrites it sees it set again.
 */
export class Enforcer implements RegistryObserver {
  #round = 0;
  #isWriting = false;

  constructor(
    private readonly devices: () => Registry,
    private readonly ranked: () => readonly Active[],
  ) {}

  created(device: Device): void {
    this.#follow(device);
  }

  twinChanged(device: Device): void {
    this.#follow(device);
  }

  /** An Edge device may have become one just now. */
  updated(device: Device): void {
    this.#follow(device);
  }

  deleted(): void {}

  connected(): void {}

  disconnected(): void {}

  /** Looks at every twin; a later call begins anew. */
  sweep(): void {
    const round = ++this.#round;
    const all = this.#all();
    const go = (): void => {
      if (round !== this.#round) return;
      for (let i = 0; i < BURST; i++) {
        const { done, value } = all.next();
        if (done) return;
        this.#follow(value);
      }
      setImmediate(go);
    };
    setImmediate(go);
  }

  /** Ends a sweep that is under way; a hub that is made again begins another. */
  close(): void {
    this.#round += 1;
  }

  *#all(): Generator<Device, undefined> {
    for (const [, device] of this.devices().after(0)) yield device;
    for (const [, module] of this.devices().modulesAfter(0)) yield module;
    return undefined;
  }

  #follow(device: Device): void {
    if (this.#isWriting || !this.devices().has(device)) return;
    if (this.ranked().length === 0 && device.configured === undefined) return;
    this.#isWriting = true; // our own writes turn no condition over: conditions see no desired properties
    try {
      this.#reconcile(device);
      if (device.identity.moduleId === undefined && device.identity.capabilities.iotEdge) this.#followModules(device);
    } finally {
      this.#isWriting = false;
    }
  }

  /** What an Edge device is told, its modules are told; a module that is not there yet is made. */
  #followModules({ identity: { deviceId } }: Device): void {
    const twin = twinView(this.devices().require(deviceId));
    const named = this.ranked().flatMap(({ configuration: { content }, isTarget }) =>
      content.kind === 'edge' && isTarget(twin) ? Object.keys(content.settings) : [],
    );
    for (const moduleId of new Set(named)) {
      if (this.devices().module(deviceId, moduleId) !== undefined || moduleId.startsWith('$')) continue;
      ignoringRefusals(() => this.devices().create({ deviceId, moduleId, managedBy: 'iotEdge' }));
    }
    for (const module of this.devices().modulesOf(deviceId)) this.#reconcile(module);
  }

  #reconcile(device: Device): void {
    const { settings, configured } = combine(this.#wantedOf(device));
    const before = device.configured;
    const patch = patchFor(valuesOf(device.twin.desired), settings, before?.paths ?? []);
    const isRefused =
      patch !== undefined &&
      !ignoringRefusals(() => this.devices().patchTwin(device, { properties: { desired: patch } }, undefined));
    const next = isRefused ? { ...targetedOnly(configured), paths: before?.paths ?? [] } : configured;
    const shown = Object.keys(next.statuses).length === 0 && next.paths.length === 0 ? undefined : next;
    if (JSON.stringify(shown) !== JSON.stringify(before)) this.devices().setConfigured(device, shown);
  }

  /** Lowest priority first. An Edge device shows what its `$edgeAgent` is told, without being told itself. */
  #wantedOf(device: Device): Wanted[] {
    const { deviceId, moduleId, capabilities } = device.identity;
    const twin = twinView(device);
    const parent = moduleId === undefined ? device : this.devices().get(deviceId);
    const parentTwin = parent?.identity.capabilities.iotEdge ? twinView(parent) : undefined;
    return this.ranked().flatMap(({ configuration: { id, content }, isTarget }): Wanted[] => {
      if (content.kind !== 'edge') {
        const isKind = (content.kind === 'module') === (moduleId !== undefined);
        return isKind && isTarget(twin) ? [{ id, settings: content.settings }] : [];
      }
      if (parentTwin === undefined || !isTarget(parentTwin)) return [];
      if (moduleId === undefined) return capabilities.iotEdge ? [{ id, settings: {} }] : [];
      const settings = content.settings[moduleId];
      return settings === undefined ? [] : [{ id, settings }];
    });
  }
}

/** A refusal of the registry leaves things as they are. @returns whether it went well */
function ignoringRefusals(work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof HubError) return false;
    throw error;
  }
}

const targetedOnly = ({ statuses }: Configured): Pick<Configured, 'statuses'> => ({
  statuses: Object.fromEntries(Object.keys(statuses).map((id) => [id, { status: 'Targeted' as const }])),
});
