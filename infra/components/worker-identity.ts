import * as managedidentity from '@pulumi/azure-native/managedidentity';
import * as pulumi from '@pulumi/pulumi';

import { type Duty, FleetRights, type FleetRightsArgs } from './fleet-rights';
import type { Placement } from './placement';

export interface WorkerIdentityArgs
  extends Omit<FleetRightsArgs, 'principalId' | 'principalType' | 'duties'>, Placement {
  /** Whether it may disable and delete device identities: only some moves need it, and it opens their keys. @default false */
  readonly identities?: boolean;
}

/** The identity that the worker signs in with, wherever it runs, and its roles: no key, no password, nothing to rotate. */
export class WorkerIdentity extends pulumi.ComponentResource {
  /** Resource id. */
  readonly identityId: pulumi.Output<string>;
  /** What the worker's environment names as AZURE_CLIENT_ID. */
  readonly clientId: pulumi.Output<string>;
  /** Object id. */
  readonly principalId: pulumi.Output<string>;
  readonly rights: FleetRights;

  constructor(name: string, args: WorkerIdentityArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:identity:WorkerIdentity', name, {}, opts);
    const { resourceGroupName, location, tags = {} } = args;
    const identityArgs = { resourceGroupName, location, tags };
    const identity = new managedidentity.UserAssignedIdentity(name, identityArgs, { parent: this });
    this.identityId = identity.id;
    this.clientId = identity.clientId;
    this.principalId = identity.principalId;
    // The type spares Azure from looking up a principal that is too new for its directory (troubleshooting.md, RBAC).
    const assignee = { principalId: identity.principalId, principalType: 'ServicePrincipal' } as const;
    const duties: Duty[] = [
      'rollouts',
      'migrations',
      'assignments',
      ...(args.identities ? (['identities'] as const) : []),
    ];
    const rights: FleetRightsArgs = { ...args, ...assignee, duties };
    this.rights = new FleetRights(`${name}-rights`, rights, { parent: this });
    this.registerOutputs({ identityId: this.identityId, clientId: this.clientId, principalId: this.principalId });
  }
}
