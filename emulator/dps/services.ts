import type { Hubs } from '../hub/hubs';
import { dpsHostName } from '../names';
import type { Collection } from '../world/store';
import { COMMON_KINDS } from '../world/faults';
import type { World } from '../world/world';
import type { Enrollment } from './enrollment';
import { Enrollments } from './enrollments';
import { Limits } from './limits';
import { DPS_DEFAULTS, type DpsOptions } from './options';
import { Registrar, type RegistrarService } from './registrar';
import type { Registration } from './registration';
import { Registrations } from './registrations';
import type { DpsSettings } from './settings';

/** What the services of an emulator share. */
interface Shared {
  readonly hubs: Hubs;
  readonly world: World;
  options(): DpsOptions;
}

/** A provisioning service: enrollments, registrations, and the devices' way to a hub. */
export class ProvisioningService implements RegistrarService {
  readonly individuals: Enrollments;
  readonly groups: Enrollments;
  readonly registrations: Registrations;
  readonly limits: Limits;
  readonly registrar: Registrar;
  readonly #latencies = new Map<string, number>();
  #settings: DpsSettings;

  /**
   * Builds itself from the store.
   *
   * @param kept where the settings are kept
   */
  constructor(
    readonly name: string,
    settings: DpsSettings,
    private readonly shared: Shared,
    private readonly kept: Collection<KeptService>,
  ) {
    const { store, clock } = shared.world;
    const path = pathOf(name);
    this.#settings = settings;
    this.individuals = new Enrollments('individual', store.collection<Enrollment>(`${path}/enrollments`), clock);
    this.groups = new Enrollments('group', store.collection<Enrollment>(`${path}/enrollmentGroups`), clock);
    this.registrations = new Registrations(store.collection<Registration>(`${path}/registrations`));
    this.limits = new Limits(clock, () => this.options.throttle);
    this.registrar = new Registrar(this, shared.world);
  }

  get settings(): DpsSettings {
    return this.#settings;
  }

  /** Replaceable at any time; kept before it counts. */
  set settings(settings: DpsSettings) {
    this.kept.put(this.name.toLowerCase(), { name: this.name, settings });
    this.#settings = settings;
  }

  get hostName(): string {
    return dpsHostName(this.name);
  }

  get hubs(): Hubs {
    return this.shared.hubs;
  }

  get world(): World {
    return this.shared.world;
  }

  get faults(): World['faults'] {
    return this.shared.world.faults;
  }

  get clock(): World['clock'] {
    return this.shared.world.clock;
  }

  get post(): World['post'] {
    return this.shared.world.post;
  }

  get options(): DpsOptions {
    return this.shared.options();
  }

  /** Deletes an individual enrollment; its registration is a part of it and goes too. @throws DpsError */
  deleteIndividual(id: string, ifMatch: string | undefined): void {
    this.world.store.batch(() => {
      this.individuals.delete(id, ifMatch);
      this.registrations.drop(id);
    });
  }

  /** Sets how far a hub is for the geoLatency policy, ms: every hub is at 0 until told. */
  setLatency(hostName: string, ms: number): void {
    this.#latencies.set(hostName.toLowerCase(), ms);
  }

  latencyOf = (hostName: string): number => this.#latencies.get(hostName.toLowerCase()) ?? 0;

  /** Ends its timers; its state stays in the store. */
  close(): void {
    this.registrar.close();
  }
}

/** As the store has it. */
interface KeptService {
  readonly name: string;
  readonly settings: DpsSettings;
}

const pathOf = (name: string): string => `dps/${name.toLowerCase()}`;

/** The provisioning services of an emulator. Names are compared without case, as host names are. */
export class ProvisioningServices {
  readonly #services = new Map<string, ProvisioningService>();
  readonly #byIdScope = new Map<string, string>();
  #options: DpsOptions;

  constructor(
    readonly hubs: Hubs,
    readonly world: World,
    options: Partial<DpsOptions> = {},
  ) {
    this.#options = { ...DPS_DEFAULTS, ...options };
    this.#load();
    world.faults.declare(COMMON_KINDS, 'dps.webhook');
    world.rebuild.add({ load: () => this.#load(), unload: () => this.close() });
  }

  get options(): DpsOptions {
    return this.#options;
  }

  /** Changes named settings for all services, from the next request on. */
  configure(change: Partial<DpsOptions>): void {
    this.#options = { ...this.#options, ...change };
  }

  /** @throws Error when the name is taken */
  create(name: string, settings: DpsSettings): ProvisioningService {
    if (this.get(name) !== undefined) throw new Error(`the provisioning service '${name}' exists already`);
    this.#kept().put(name.toLowerCase(), { name, settings });
    return this.#add({ name, settings });
  }

  get(name: string): ProvisioningService | undefined {
    return this.#services.get(name.toLowerCase());
  }

  /** The one that devices mean by this id scope. */
  ofIdScope(idScope: string): ProvisioningService | undefined {
    return this.get(this.#byIdScope.get(idScope.toLowerCase()) ?? '');
  }

  /** Forgets the service with its enrollments and registrations; the devices stay in their hubs. */
  delete(name: string): void {
    const service = this.get(name);
    if (service === undefined) return;
    service.close();
    this.world.store.batch(() => {
      this.#kept().delete(name.toLowerCase());
      this.world.store.drop(pathOf(name));
    });
    this.#services.delete(name.toLowerCase());
    this.#byIdScope.delete(service.settings.idScope.toLowerCase());
  }

  list(): ProvisioningService[] {
    return [...this.#services.values()];
  }

  /** Ends every timer and forgets the services; the store keeps them. */
  close(): void {
    for (const service of this.#services.values()) service.close();
    this.#services.clear();
    this.#byIdScope.clear();
  }

  #load(): void {
    for (const [, kept] of this.#kept().entries()) this.#add(kept);
  }

  #add({ name, settings }: KeptService): ProvisioningService {
    const shared = { hubs: this.hubs, world: this.world, options: () => this.#options };
    const service = new ProvisioningService(name, settings, shared, this.#kept());
    this.#services.set(name.toLowerCase(), service);
    this.#byIdScope.set(settings.idScope.toLowerCase(), name);
    return service;
  }

  /** Beside the services' own collections, so that dropping one of those leaves it. */
  #kept(): Collection<KeptService> {
    return this.world.store.collection<KeptService>('provisioningServices');
  }
}
