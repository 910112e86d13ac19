import * as pulumi from '@pulumi/pulumi';
import type { FleetConfig } from './config';

/** A resource of the stack as it was when the last update ended. */
export interface Existing {
  readonly type: string;
  /** The resource's name in the program. */
  readonly name: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** One thing that an update would destroy. */
export interface Loss {
  /** Key of the configuration that says so. */
  readonly key: string;
  readonly change: string;
  readonly lost: string;
}

const LOST = {
  hub: 'device identities and their keys, twins with tags and reported properties, jobs, messages that nobody has read, and the host name that devices and services dial',
  service: 'enrollments with their keys, registrations, and the id scope that devices carry',
  everything: 'every hub, the provisioning service and the ledger of this stack, with all that they hold',
} as const;

/** Names of hubs in the program: `groundswell-<name>`. */
export const HUB_PREFIX = 'groundswell-';

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function partitionsOf({ outputs }: Existing): number | undefined {
  const { properties } = outputs as { properties?: { eventHubEndpoints?: { events?: { partitionCount?: number } } } };
  return properties?.eventHubEndpoints?.events?.partitionCount;
}

function groupLosses(group: Existing, { location }: FleetConfig): Loss[] {
  const old = textOf(group.outputs['location']);
  if (old === location) return [];
  const change = `from ${old} to ${location} makes the resource group ${textOf(group.outputs['name'])} anew`;
  return [{ key: 'location', change, lost: LOST.everything }];
}

function hubLosses(hub: Existing, { hubs, location }: FleetConfig): Loss[] {
  const name = hub.name.slice(HUB_PREFIX.length);
  const azureName = textOf(hub.outputs['name']);
  const wanted = hubs[name];
  if (wanted === undefined) {
    return [{ key: `hubs.${name}`, change: `is gone, which deletes the hub ${azureName}`, lost: LOST.hub }];
  }
  const [oldLocation, newLocation] = [textOf(hub.outputs['location']), wanted.location ?? location];
  const [oldPartitions, newPartitions] = [partitionsOf(hub), wanted.partitions];
  return [
    ...(oldLocation === newLocation ? [] : [['location', oldLocation, newLocation] as const]),
    ...(oldPartitions === undefined || oldPartitions === newPartitions
      ? []
      : [['partitions', String(oldPartitions), String(newPartitions)] as const]),
  ].map(([field, old, next]) => ({
    key: `hubs.${name}.${field}`,
    change: `from ${old} to ${next} replaces the hub ${azureName}`,
    lost: LOST.hub,
  }));
}

function serviceLosses(service: Existing, { provisioning, location }: FleetConfig): Loss[] {
  const azureName = textOf(service.outputs['name']);
  if (provisioning === undefined) {
    const change = `is gone, which deletes the provisioning service ${azureName}`;
    return [{ key: 'provisioning', change, lost: LOST.service }];
  }
  const [old, next] = [textOf(service.outputs['location']), provisioning.location ?? location];
  if (old === next) return [];
  const change = `from ${old} to ${next} replaces the provisioning service ${azureName}`;
  return [{ key: 'provisioning.location', change, lost: LOST.service }];
}

const LOSSES: Readonly<Record<string, (old: Existing, config: FleetConfig) => Loss[]>> = {
  'azure-native:resources:ResourceGroup': groupLosses,
  'azure-native:iothub:IotHubResource': hubLosses,
  'azure-native:deviceprovisioningservices:IotDpsResource': serviceLosses,
};

/** What of the existing resources an update to this configuration would destroy and nobody could make again. */
export const lossesOf = (existing: readonly Existing[], config: FleetConfig): Loss[] =>
  existing.flatMap((old) => LOSSES[old.type]?.(old, config) ?? []);

/** What a person is told who is about to lose it. */
export const lossesText = (losses: readonly Loss[]): string =>
  [
    'This change would destroy what nobody can make again, and groundswell:protect is true:',
    ...losses.map(({ key, change, lost }) => `  groundswell:${key}: ${change}. Lost would be ${lost}.`),
    'To keep it, put the old value back; for another place or more partitions, add a hub under a new name and move the',
    'devices there. To lose it on purpose: pulumi config set groundswell:protect false, then run this again.',
  ].join('\n');

/** The stack's resources, as the engine keeps them. Pulumi offers this to programs by no other name. */
async function existingResources(): Promise<Existing[]> {
  const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
  const answer = (await pulumi.runtime.invoke('pulumi:pulumi:readStackResourceOutputs', { stackName })) as {
    readonly outputs?: Readonly<Record<string, Omit<Existing, 'name'>>>;
  };
  return Object.entries(answer.outputs ?? {}).map(([urn, { type, outputs }]) => ({
    type,
    outputs,
    name: urn.split('::').at(-1) ?? '',
  }));
}

/**
 * Stops an update of a protected stack that would replace or delete a hub or the provisioning service, before anything
 * has changed. Pulumi's own protection would stop it too, but says nothing of what is at stake.
 *
 * @throws pulumi.RunError that names each loss and the key that causes it
 */
export async function refuseLosses(config: FleetConfig): Promise<void> {
  if (!config.protect) return;
  const losses = lossesOf(await existingResources(), config);
  if (losses.length > 0) throw new pulumi.RunError(lossesText(losses));
}
