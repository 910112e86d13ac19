import * as applicationinsights from '@pulumi/azure-native/applicationinsights';
import * as operationalinsights from '@pulumi/azure-native/operationalinsights';
import * as pulumi from '@pulumi/pulumi';

import type { Placement } from './placement';

export interface InsightsArgs extends Placement {
  /** 30 to 730. @default 30, which costs nothing more */
  readonly retentionDays?: number;
}

/** Logs of the stack's functions. Nothing is taken in by key, only from identities with a role. */
export class Insights extends pulumi.ComponentResource {
  readonly componentId: pulumi.Output<string>;
  readonly workspaceId: pulumi.Output<string>;
  /** Names the place, and opens nothing: local authentication is off. */
  readonly connectionString: pulumi.Output<string>;

  constructor(name: string, args: InsightsArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:telemetry:Insights', name, {}, opts);
    const { resourceGroupName, location, retentionDays: retentionInDays = 30, tags = {} } = args;
    const common = { resourceGroupName, location, tags, retentionInDays };
    const workspace = new operationalinsights.Workspace(
      `${name}-logs`,
      { ...common, sku: { name: 'PerGB2018' }, features: { disableLocalAuth: true } },
      { parent: this },
    );
    const component = new applicationinsights.Component(
      name,
      {
        ...common,
        kind: 'web',
        applicationType: applicationinsights.ApplicationType.Web,
        workspaceResourceId: workspace.id,
        disableLocalAuth: true,
      },
      { parent: this },
    );
    this.componentId = component.id;
    this.workspaceId = workspace.id;
    this.connectionString = component.connectionString;
    this.registerOutputs({ componentId: this.componentId, workspaceId: this.workspaceId });
  }
}
