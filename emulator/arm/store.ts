import { randomBytes } from 'node:crypto';

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

/** All resources by id. Ids are compared without case (Azure Resource Manager, "Resource name rules"). */
export class ResourceStore {
  readonly #resources = new Map<string, Resource>();
  /** By type, for what every request to a data plane asks: the role assignments. */
  readonly #byType = new Map<string, Map<string, Resource>>();

  get(id: string): Resource | undefined {
    return this.#resources.get(id.toLowerCase());
  }

  put(resource: Resource): Resource {
    const [key, type] = [resource.id.toLowerCase(), resource.type.toLowerCase()];
    this.#resources.set(key, resource);
    this.#byType.set(type, (this.#byType.get(type) ?? new Map<string, Resource>()).set(key, resource));
    return resource;
  }

  delete(id: string): boolean {
    const type = this.get(id)?.type.toLowerCase() ?? '';
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
