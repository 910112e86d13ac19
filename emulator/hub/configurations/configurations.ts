import type { Clock } from '../../world/clock';
import type { Collection, Store } from '../../world/store';
import { requireMatch } from '../etag';
import { HubError } from '../errors';
import { mostConfigurationsOf } from '../quotas';
import type { Sku } from '../settings';
import {
  etagOf,
  newConfiguration,
  updatedConfiguration,
  type Configuration,
  type ConfigurationInput,
} from './configuration';
import { compileTarget, type Target } from './target';

/** A configuration made ready to be tried on twins. */
export interface Active {
  readonly configuration: Configuration;
  readonly isTarget: Target;
}

/** What a hub's configurations need of it. */
export interface ConfigurationsWorld {
  readonly clock: Clock;
  readonly store: Store;
  readonly path: string;
  readonly sku: () => Sku;
  /** Called after every change, once it is kept. */
  readonly changed: () => void;
}

/** The automatic configurations of a hub, without what they do (see {@link Enforcer}). */
export class Configurations {
  readonly #kept: Collection<Configuration>;
  readonly #byId = new Map<string, Active>();
  #ranked: readonly Active[] = [];

  constructor(private readonly world: ConfigurationsWorld) {
    this.#kept = world.store.collection(`${world.path}/configurations`);
    for (const [id, configuration] of this.#kept.entries()) this.#byId.set(id, activeOf(configuration));
    this.#rank();
  }

  /** The lowest priority first; of equal ones the oldest, for the newest wins. */
  get ranked(): readonly Active[] {
    return this.#ranked;
  }

  /** Oldest first. */
  list(): readonly Configuration[] {
    return [...this.#byId.values()].map(({ configuration }) => configuration).sort(byAge);
  }

  /** @throws HubError ConfigurationNotFound */
  require(id: string): Configuration {
    const found = this.#byId.get(id);
    if (found === undefined) throw new HubError('ConfigurationNotFound', `Configuration with id '${id}' not found`);
    return found.configuration;
  }

  /** @throws HubError ConfigurationAlreadyExists, ConfigurationCountLimitExceeded, and as {@link newConfiguration} */
  create(input: ConfigurationInput): Configuration {
    if (this.#byId.has(input.id)) {
      throw new HubError('ConfigurationAlreadyExists', `A configuration with ID '${input.id}' already exists.`);
    }
    const most = mostConfigurationsOf(this.world.sku());
    if (this.#byId.size >= most) {
      throw new HubError('ConfigurationCountLimitExceeded', `The hub may have at most ${most} configurations.`);
    }
    return this.#put(newConfiguration(input, this.world.clock.now()));
  }

  /** @throws HubError ConfigurationNotFound, PreconditionFailed, and as {@link updatedConfiguration} */
  update(input: ConfigurationInput, ifMatch: string): Configuration {
    const old = this.require(input.id);
    requireMatch(ifMatch, etagOf(old));
    return this.#put(updatedConfiguration(old, input, this.world.clock.now()));
  }

  /** @throws HubError ConfigurationNotFound, PreconditionFailed */
  delete(id: string, ifMatch: string | undefined): void {
    requireMatch(ifMatch, etagOf(this.require(id)));
    this.#kept.delete(id);
    this.#byId.delete(id);
    this.#rank();
    this.world.changed();
  }

  #put(configuration: Configuration): Configuration {
    this.#kept.put(configuration.id, configuration);
    this.#byId.set(configuration.id, activeOf(configuration));
    this.#rank();
    this.world.changed();
    return configuration;
  }

  #rank(): void {
    this.#ranked = [...this.#byId.values()].sort(
      ({ configuration: a }, { configuration: b }) => a.priority - b.priority || byAge(a, b),
    );
  }
}

const activeOf = (configuration: Configuration): Active => ({ configuration, isTarget: compileTarget(configuration) });

const byAge = (a: Configuration, b: Configuration): number => a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
