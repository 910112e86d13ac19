import { randomBytes } from 'node:crypto';

import { type Lease, leaseOf } from '../world/lease';
import type { Collection } from '../world/store';
import type { World } from '../world/world';
import { DELIVERY, DELIVERY_KINDS, SignalRService } from './service';
import type { AccessKeys, SignalRSettings } from './settings';

/** What is kept of a service; its signing keys and its users' groups lie below `signalr/<name in lower case>`. */
interface Kept {
  readonly name: string;
  readonly settings: SignalRSettings;
  readonly keys?: AccessKeys;
}

interface Standing {
  readonly service: SignalRService;
  readonly lease: Lease;
}

/** How often time limits of connections are looked at. */
const SWEEP_MS = 1000;

const newKey = (): string => randomBytes(32).toString('base64');
const newKeys = (): AccessKeys => ({ primaryKey: newKey(), secondaryKey: newKey() });

/** The SignalR resources of an emulator, by name. Names are compared without case, as host names are. */
export class SignalRServices {
  readonly #services = new Map<string, Standing>();
  readonly #kept: Collection<Kept>;
  readonly #sweep: NodeJS.Timeout;

  constructor(readonly world: World) {
    this.#kept = world.store.collection('signalr');
    world.faults.declare(DELIVERY_KINDS, DELIVERY);
    const load = (): void => {
      for (const [, kept] of this.#kept.entries()) this.#open(kept);
    };
    load();
    world.rebuild.add({ unload: () => this.#unload(), load });
    this.#sweep = setInterval(() => {
      for (const { service } of this.#services.values()) service.checkTime(Date.now());
    }, SWEEP_MS);
    this.#sweep.unref();
  }

  get(name: string): SignalRService | undefined {
    return this.#services.get(name.toLowerCase())?.service;
  }

  /**
   * Makes a service, or changes one. Its keys go when access keys are switched off, for good, as do tokens signed with
   * them; they are made anew when access keys are switched on again (howto-disable-local-auth.md).
   */
  put(name: string, settings: SignalRSettings): void {
    const existing = this.get(name);
    const keys = settings.hasLocalAuth ? (existing?.keys ?? newKeys()) : undefined;
    this.#keep({ name, settings, ...(keys && { keys }) });
    if (existing === undefined) this.#open({ name, settings, ...(keys && { keys }) });
    else Object.assign(existing, { settings, keys });
  }

  /** Nothing happens where there are no access keys. */
  regenerate(name: string, which: keyof AccessKeys): void {
    const service = this.get(name);
    if (service?.keys === undefined) return;
    service.keys = { ...service.keys, [which]: newKey() };
    this.#keep({ name: service.name, settings: service.settings, keys: service.keys });
  }

  delete(name: string): void {
    const key = name.toLowerCase();
    const standing = this.#services.get(key);
    this.#services.delete(key);
    standing?.lease.end();
    standing?.service.cut();
    this.world.store.batch(() => {
      this.#kept.delete(key);
      this.world.store.drop(`signalr/${key}`);
    });
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#unload();
  }

  #keep(kept: Kept): void {
    this.#kept.put(kept.name.toLowerCase(), kept);
  }

  #open({ name, settings, keys }: Kept): void {
    const lease = leaseOf(this.world.store);
    const service = new SignalRService(name, settings, keys, { ...this.world, store: lease.store });
    this.#services.set(name.toLowerCase(), { service, lease });
  }

  #unload(): void {
    const standing = [...this.#services.values()];
    this.#services.clear();
    for (const { service, lease } of standing) {
      lease.end();
      service.cut();
    }
  }
}
