import type { Authority } from '../auth/authority';
import { AmqpRefusal } from '../wire/amqp/refusal';
import type { AmqpPeer } from '../wire/amqp/service';
import { leaseOf, type Lease } from '../world/lease';
import type { Collection } from '../world/store';
import type { World } from '../world/world';
import { EventHub } from './event-hub';
import type { EventHubSettings, NamespaceSettings } from './settings';
import { Ingress } from './throttle';

interface KeptNamespace {
  readonly name: string;
  readonly settings: NamespaceSettings;
}

interface KeptEventHub {
  readonly name: string;
  readonly createdAt: number;
  readonly settings: EventHubSettings;
}

/** An Event Hubs namespace. Names of event hubs are compared without case. */
export class Namespace {
  /** Whoever is connected. */
  readonly peers = new Set<AmqpPeer>();
  readonly ingress: Ingress;
  readonly #eventHubs = new Map<string, EventHub>();
  readonly #kept: Collection<KeptEventHub>;
  readonly #path: string;
  #settings: NamespaceSettings;

  constructor(
    readonly name: string,
    settings: NamespaceSettings,
    readonly world: Pick<World, 'clock' | 'store' | 'faults' | 'counters' | 'authority'>,
    private readonly options: { readonly throttle: boolean; readonly keep: (settings: NamespaceSettings) => void },
  ) {
    this.#settings = settings;
    this.#path = `eventHubs/${name.toLowerCase()}`;
    this.#kept = world.store.collection(`${this.#path}/entities`);
    this.ingress = new Ingress(world.clock, () => this.#settings.sku.units, options.throttle);
    for (const [, kept] of this.#kept.entries()) this.#open(kept);
  }

  get settings(): NamespaceSettings {
    return this.#settings;
  }

  set settings(next: NamespaceSettings) {
    this.options.keep(next);
    this.#settings = next;
  }

  get authority(): Authority {
    return this.world.authority;
  }

  get(name: string): EventHub | undefined {
    return this.#eventHubs.get(name.toLowerCase());
  }

  get size(): number {
    return this.#eventHubs.size;
  }

  /** Id in the Resource Manager of one of its event hubs. */
  idOf = (eventHub: string): string => `${this.#settings.resourceId}/eventhubs/${eventHub}`;

  /** Makes an event hub, or replaces the settings of one that exists; the number of its partitions stays. */
  put(name: string, settings: EventHubSettings): void {
    const key = name.toLowerCase();
    const before = this.#kept.get(key);
    const kept = { name, createdAt: this.world.clock.now(), ...before, settings };
    this.#kept.put(key, kept);
    if (before === undefined) this.#open(kept);
  }

  /** Forgets an event hub with all its events; readers and senders lose their links. */
  delete(name: string): void {
    const key = name.toLowerCase();
    this.#eventHubs.delete(key);
    this.world.store.batch(() => {
      this.#kept.delete(key);
      this.world.store.drop(`${this.#path}/hubs/${key}`);
    });
    this.#close(`The messaging entity '${name}' has been deleted.`);
  }

  /** Ends every connection; what is stored stays. */
  close(): void {
    this.#close('The namespace is closed.');
  }

  #close(reason: string): void {
    for (const peer of this.peers) peer.close(new AmqpRefusal('amqp:connection:forced', reason));
  }

  #open({ name, createdAt, settings }: KeptEventHub): void {
    const key = name.toLowerCase();
    const { clock, store } = this.world;
    const now = (): EventHubSettings => this.#kept.get(key)?.settings ?? settings;
    const path = `${this.#path}/hubs/${key}/events`;
    this.#eventHubs.set(key, new EventHub({ name, createdAt, settings: now, clock, store, path }));
  }
}

/** The Event Hubs namespaces of an emulator, by name; compared without case, as host names are. */
export class Namespaces {
  readonly #namespaces = new Map<string, { readonly namespace: Namespace; readonly lease: Lease }>();
  readonly #kept: Collection<KeptNamespace>;

  constructor(
    private readonly options: { readonly throttle: boolean },
    private readonly world: Pick<World, 'clock' | 'store' | 'faults' | 'counters' | 'authority' | 'rebuild'>,
  ) {
    this.#kept = world.store.collection('eventHubs');
    const load = (): void => {
      for (const [, { name, settings }] of this.#kept.entries()) this.#open(name, settings);
    };
    load();
    world.rebuild.add({ unload: () => this.close(), load });
  }

  get(name: string): Namespace | undefined {
    return this.#namespaces.get(name.toLowerCase())?.namespace;
  }

  /** Makes a namespace, or replaces the settings of one that exists. */
  put(name: string, settings: NamespaceSettings): void {
    const namespace = this.get(name);
    if (namespace !== undefined) {
      namespace.settings = settings;
      return;
    }
    this.#keep(name, settings);
    this.#open(name, settings);
  }

  /** Closes the namespace and forgets it with all in it; nothing happens when there is none. */
  delete(name: string): void {
    const key = name.toLowerCase();
    const standing = this.#namespaces.get(key);
    this.#namespaces.delete(key);
    standing?.lease.end();
    this.world.store.batch(() => {
      this.#kept.delete(key);
      this.world.store.drop(`eventHubs/${key}`);
    });
    standing?.namespace.close();
  }

  /** Closes all of them; what is stored of them stays. */
  close(): void {
    const standing = [...this.#namespaces.values()];
    this.#namespaces.clear();
    for (const { namespace, lease } of standing) {
      lease.end();
      namespace.close();
    }
  }

  #open(name: string, settings: NamespaceSettings): void {
    const lease = leaseOf(this.world.store);
    const keep = (next: NamespaceSettings): void => this.#keep(name, next);
    const world = { ...this.world, store: lease.store };
    const namespace = new Namespace(name, settings, world, { throttle: this.options.throttle, keep });
    this.#namespaces.set(name.toLowerCase(), { namespace, lease });
  }

  #keep(name: string, settings: NamespaceSettings): void {
    this.#kept.put(name.toLowerCase(), { name, settings });
  }
}
