import * as authorization from '@pulumi/azure-native/authorization';
import * as resources from '@pulumi/azure-native/resources';
import * as pulumi from '@pulumi/pulumi';
import { FleetRoles } from './components';
import type { FleetConfig } from './config';
import { keep } from './keep';
import { refuseLosses } from './losses';

/** What all other parts of the stack are made in, of and by. */
export interface Foundation {
  /** Of the resource group; every part takes these. */
  readonly common: {
    readonly resourceGroupName: pulumi.Output<string>;
    readonly location: string;
    readonly tags: Record<string, string>;
  };
  readonly deployer: pulumi.Output<authorization.GetClientConfigResult>;
  readonly roles: FleetRoles;
  /** Options for what holds data that nobody can make again. */
  readonly kept: pulumi.ResourceOptions;
}

/**
 * Everything else waits for the group, and the group waits until it is known that nothing is lost.
 *
 * @param checks what else must be well before anything is made
 */
export function foundationOf(config: FleetConfig, checks: readonly pulumi.Output<unknown>[] = []): Foundation {
  const { location, customRoles: custom, protect } = config;
  const tags = { ...config.tags, project: pulumi.getProject(), stack: pulumi.getStack() };
  const kept = protect ? { transformations: [keep] } : {};
  const nothing = (): pulumi.Resource[] => [];
  const lost = refuseLosses(config).then(nothing);
  const allowed = checks.length === 0 ? lost : pulumi.all([lost, ...checks]).apply(nothing);
  const group = new resources.ResourceGroup('groundswell', { location, tags }, { ...kept, dependsOn: allowed });
  const deployer = authorization.getClientConfigOutput();
  const roles = new FleetRoles('roles', {
    resourceGroupId: group.id,
    resourceGroupName: group.name,
    subscriptionId: deployer.subscriptionId,
    custom,
  });
  return { common: { resourceGroupName: group.name, location, tags }, deployer, roles, kept };
}
