import { randomBytes } from 'node:crypto';
import type { Collection } from '../world/store';
import type { World } from '../world/world';

/** A resource as the Resource Manager answers it. `properties` hold no secrets: keys live with their services. */
export interface Resource {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly location?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly etag?: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly [envelope: string]: unknown;
}

/** `order` rises: resources are listed as they were made. */
interface Kept {
  readonly order: number;
  readonly resource: Resource;
}

/** All resources by id. Ids are compared without case (Azure Resource Manager, "Resource name rules"). */
export class ResourceStore {
  readonly #resources = new Map<string, Resource>();
  /** By type, for what every request to a data plane asks: the role assignments. */
  readonly #byType = new Map<string, Map<string, Resource>>();
  readonly #orders = new Map<string, number>();
  readonly #kept: Collection<Kept>;
  #last = 0;

  constructor({ store, rebuild }: Pick<World, 'store' | 'rebuild'>) {
    this.#kept = store.collection('arm/resources');
    this.#load();
    rebuild.add({ unload: () => this.#forget(), load: () => this.#load() });
  }

  get(id: string): Resource | undefined {
    return this.#resources.get(id.toLowerCase());
  }

  put(resource: Resource): Resource {
    const key = resource.id.toLowerCase();
    const order = this.#orders.get(key) ?? ++this.#last;
    this.#kept.put(key, { order, resource });
    this.#add(order, resource);
    return resource;
  }

  #load(): void {
    const kept = [...this.#kept.entries()].map(([, each]) => each).sort((a, b) => a.order - b.order);
    for (const { order, resource } of kept) this.#add(order, resource);
    this.#last = kept.at(-1)?.order ?? 0;
  }

  #forget(): void {
    for (const map of [this.#resources, this.#byType, this.#orders]) map.clear();
  }

  #add(order: number, resource: Resource): void {
    const [key, type] = [resource.id.toLowerCase(), resource.type.toLowerCase()];
    this.#orders.set(key, order);
    this.#resources.set(key, resource);
    this.#byType.set(type, (this.#byType.get(type) ?? new Map<string, Resource>()).set(key, resource));
  }

  delete(id: string): boolean {
    const type = this.get(id)?.type.toLowerCase() ?? '';
    this.#kept.delete(id.toLowerCase());
    this.#orders.delete(id.toLowerCase());
    this.#byType.get(type)?.delete(id.toLowerCase());
    return this.#resources.delete(id.toLowerCase());
  }

  /** Deletes a resource with all below it. */
  deleteTree(id: string): void {
    for (const child of this.below(id)) this.delete(child.id);
    this.delete(id);
  }

  /** All of one type, wherever they are. */
  ofType(type: string): Resource[] {
    return [...(this.#byType.get(type.toLowerCase())?.values() ?? [])];
  }

  /** Those below a scope, of one type when it is given; in order of creation. */
  below(scope: string, type?: string): Resource[] {
    const prefix = `${scope.toLowerCase()}/`;
    return [...this.#resources.values()].filter(
      (resource) =>
        resource.id.toLowerCase().startsWith(prefix) &&
        (type === undefined || resource.type.toLowerCase() === type.toLowerCase()),
    );
  }
}

/** A new entity tag, in the base64 form that Microsoft.Devices uses. */
export const newEtag = (): string => randomBytes(9).toString('base64');
