import * as app from '@pulumi/azure-native/app';
import * as pulumi from '@pulumi/pulumi';

import { hostingProblems, workerContainerOf } from './worker-container';
import type { Placement } from './placement';

export interface Temporal {
  /** `host:port`: of Temporal Cloud, or of a server of one's own. */
  readonly address: pulumi.Input<string>;
  readonly namespace: pulumi.Input<string>;
  /** Whether the connection is TLS; with an API key it always is. @default true */
  readonly tls?: boolean;
  /** Of Temporal Cloud; a secret. @default none */
  readonly apiKey?: pulumi.Input<string>;
  /** Instead of `apiKey`: a secret's URL in Key Vault, which the identity may read. @default none */
  readonly apiKeyVaultUrl?: pulumi.Input<string>;
}

export interface WorkerHostingArgs extends Placement {
  /** With a digest (`@sha256:…`) or a tag other than `latest`. */
  readonly image: string;
  /** Host of the registry, which the identity may pull from; absent for a public image. */
  readonly registry?: pulumi.Input<string>;
  readonly temporal: Temporal;
  /** Resource id and client id of the worker's identity. */
  readonly identity: { readonly id: pulumi.Input<string>; readonly clientId: pulumi.Input<string> };
  /** The stack's outputs, as `groundswell-worker --outputs` reads them. With `auth: entra` there is no secret in them. */
  readonly outputs: pulumi.Input<Record<string, unknown>>;
  /** Workers that always run; more are more throughput. @default 1 */
  readonly replicas?: number;
  /** Cores of each, 0.25 to 4 in quarters; memory is twice as many GiB. @default 0.5 */
  readonly cpu?: number;
}

/** The worker as a container app: nothing can call it, and it always runs. */
export class WorkerHosting extends pulumi.ComponentResource {
  readonly containerAppName: pulumi.Output<string>;

  /** @throws pulumi.RunError that lists all args that are wrong, before anything is made */
  constructor(name: string, args: WorkerHostingArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:worker:WorkerHosting', name, {}, opts);
    const problems = hostingProblems(args);
    if (problems.length > 0) throw new pulumi.RunError(`The worker cannot be hosted so:\n${problems.join('\n')}`);
    const { resourceGroupName, location, tags = {} } = args;
    const common = { resourceGroupName, location, tags };
    const environment = new app.ManagedEnvironment(`${name}-env`, environmentArgsOf(common), { parent: this });
    const container = new app.ContainerApp(name, containerAppArgsOf(args, environment.id), { parent: this });
    this.containerAppName = container.name;
    this.registerOutputs({ containerAppName: this.containerAppName });
  }
}

/** Logs are shown while they come, by `az containerapp logs`; to keep them takes a workspace's key, so none is given. */
const environmentArgsOf = (
  common: Pick<app.ManagedEnvironmentArgs, 'resourceGroupName' | 'location' | 'tags'>,
): app.ManagedEnvironmentArgs => ({
  ...common,
  appLogsConfiguration: { destination: 'azure-monitor' },
  workloadProfiles: [{ name: 'Consumption', workloadProfileType: 'Consumption' }],
  zoneRedundant: false,
});

export const containerAppArgsOf = (
  args: WorkerHostingArgs,
  environmentId: pulumi.Input<string>,
): app.ContainerAppArgs => {
  const { resourceGroupName, location, tags = {}, identity, registry, replicas = 1 } = args;
  const { container, secrets, volumes } = workerContainerOf(args);
  return {
    resourceGroupName,
    location,
    tags,
    environmentId,
    workloadProfileName: 'Consumption',
    identity: { type: app.ManagedServiceIdentityType.UserAssigned, userAssignedIdentities: [identity.id] },
    configuration: {
      activeRevisionsMode: app.ActiveRevisionsMode.Single,
      secrets,
      ...(registry !== undefined && { registries: [{ server: registry, identity: identity.id }] }),
    },
    template: {
      containers: [container],
      volumes,
      scale: { minReplicas: replicas, maxReplicas: replicas },
      terminationGracePeriodSeconds: 30, // twice what the worker takes to hand over (worker/main.ts, GRACE)
    },
  };
};
