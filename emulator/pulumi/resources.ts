import type { ArmClient } from './arm-client';
import { accountIdOf, StaticWebsites } from './static-website';
import { STATIC_WEBSITE, type AzureType } from './types';
import { bodyOf } from './translate';
import { at, type Properties } from './values';

/** What the provider asks of the Resource Manager. */
export type Arm = Pick<
  ArmClient,
  'subscriptionId' | 'token' | 'clientConfig' | 'find' | 'send' | 'put' | 'delete' | 'cancel'
>;

/** Reads and writes resources of any type by id, wherever they are kept; answers have the Resource Manager's form. */
export class Resources {
  constructor(private readonly arm: Arm) {}

  /** Undefined when there is none, or when it is as Azure makes it where it cannot be deleted. */
  async find(type: AzureType, id: string): Promise<Properties | undefined> {
    if (type.token === STATIC_WEBSITE) {
      const account = await this.arm.find(accountIdOf(id), type.apiVersion);
      return account && new StaticWebsites(type, this.arm).find(id);
    }
    const found = await this.arm.find(id, type.apiVersion);
    return found !== undefined && isAbsence(type, found) ? undefined : found;
  }

  put(type: AzureType, id: string, inputs: Properties): Promise<Properties> {
    if (type.token === STATIC_WEBSITE) return new StaticWebsites(type, this.arm).put(id, inputs);
    return this.arm.put(id, type.apiVersion, bodyOf(type, inputs));
  }

  async delete(type: AzureType, id: string): Promise<void> {
    if (type.token !== STATIC_WEBSITE && type.whenDeleted === undefined) return this.arm.delete(id, type.apiVersion);
    if ((await this.find(type, id)) === undefined) return;
    if (type.token === STATIC_WEBSITE) await new StaticWebsites(type, this.arm).delete(id);
    else await this.put(type, id, type.whenDeleted ?? {});
  }

  /** Whether a new resource would be laid over one that somebody declared. */
  async isTaken(type: AzureType, id: string): Promise<boolean> {
    return !isSingleton(type) && (await this.find(type, id)) !== undefined;
  }
}

/** What is always there: nobody creates it. */
const isSingleton = ({ whenDeleted }: AzureType): boolean =>
  whenDeleted !== undefined && Object.keys(whenDeleted).length === 0;

const isAbsence = ({ whenDeleted }: AzureType, { properties }: Properties): boolean =>
  whenDeleted !== undefined &&
  Object.keys(whenDeleted).length > 0 &&
  Object.entries(whenDeleted).every(([name, value]) => at({ properties }, `properties.${name}`) === value);
