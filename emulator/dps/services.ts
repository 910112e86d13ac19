import type { World } from '../world/world';
import type { Hubs } from '../hub/hubs';
import type { DpsSettings } from './settings';

/** A provisioning service. */
export class ProvisioningService {
  constructor(
    readonly name: string,
    public settings: DpsSettings,
  ) {}
}

/** The provisioning services of an emulator. Names are compared without case, as host names are. */
export class ProvisioningServices {
  readonly #services = new Map<string, ProvisioningService>();

  constructor(
    readonly hubs: Hubs,
    readonly world: World,
  ) {}

  /** @throws Error when the name is taken */
  create(name: string, settings: DpsSettings): ProvisioningService {
    if (this.get(name) !== undefined) throw new Error(`the provisioning service '${name}' exists already`);
    const service = new ProvisioningService(name, settings);
    this.#services.set(name.toLowerCase(), service);
    return service;
  }

  get(name: string): ProvisioningService | undefined {
    return this.#services.get(name.toLowerCase());
  }

  /** The one that devices mean by this id scope. */
  ofIdScope(idScope: string): ProvisioningService | undefined {
    return [...this.#services.values()].find(({ settings }) => settings.idScope === idScope);
  }

  /** Forgets the service with its enrollments and registrations; the devices stay in their hubs. */
  delete(name: string): void {
    this.#services.delete(name.toLowerCase());
  }

  list(): ProvisioningService[] {
    return [...this.#services.values()];
  }
}
