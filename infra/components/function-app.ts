import * as managedidentity from '@pulumi/azure-native/managedidentity';
import * as storage from '@pulumi/azure-native/storage';
import * as web from '@pulumi/azure-native/web';
import * as pulumi from '@pulumi/pulumi';

import { assign } from './fleet-rights';
import type { FleetRoles } from './fleet-roles';
import type { Insights } from './insights';
import type { RightName } from './rights';
import { accountArgsOf, accountNameOf } from './storage-account';
import type { Placement } from './placement';

/** Where the deployed package lies; its name is our choice. */
const PACKAGES = 'packages';
/** Node.js of the functions: the oldest line that is in support (nodejs.org, "Releases") and that the plan offers. */
const NODE_VERSION = '22';

export interface FunctionAppArgs extends Placement {
  readonly roles: Pick<FleetRoles, 'idOf'>;
  readonly insights: Pick<Insights, 'componentId' | 'connectionString'>;
  /** Roles beside those of the host, each with a name of its own. @default {} */
  readonly rights?: Readonly<Record<string, { readonly right: RightName; readonly scope: pulumi.Input<string> }>>;
  /** App settings beside those of the host; no secrets. @param clientId of the app's identity */
  readonly settings?: (clientId: pulumi.Output<string>) => Readonly<Record<string, pulumi.Input<string>>>;
  /** Web pages that may call it. @default none */
  readonly corsOrigins?: readonly pulumi.Input<string>[];
  /** Most instances at a time, 40 to 1,000: a ceiling for costs. @default 40 */
  readonly maxInstances?: number;
  /** Containers in its account beside that of the host. @default [] */
  readonly containers?: readonly string[];
}

/** A container in the app's account. */
export interface AppContainer {
  /** Resource id. */
  readonly id: pulumi.Output<string>;
  /** `https://<account>.blob…/<container>` */
  readonly url: pulumi.Output<string>;
}

/** A function app on Flex Consumption that signs in everywhere with its own identity. Its code comes by another way. */
export class FunctionApp extends pulumi.ComponentResource {
  readonly name: pulumi.Output<string>;
  readonly hostName: pulumi.Output<string>;
  readonly clientId: pulumi.Output<string>;
  /** Of {@link FunctionAppArgs.containers}, in their order. */
  readonly containers: readonly AppContainer[];

  constructor(name: string, args: FunctionAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super('groundswell:functions:FunctionApp', name, {}, opts);
    const { resourceGroupName, location, tags = {} } = args;
    const common = { resourceGroupName, location, tags };
    const identity = new managedidentity.UserAssignedIdentity(`${name}-id`, common, { parent: this });
    const account = new storage.StorageAccount(accountNameOf(name), accountArgsOf(args), { parent: this });
    const containerOf = (containerName: string): storage.BlobContainer =>
      new storage.BlobContainer(
        `${name}-${containerName}`,
        { resourceGroupName, accountName: account.name, containerName, publicAccess: storage.PublicAccess.None },
        { parent: account },
      );
    const packages = containerOf(PACKAGES);
    const assignments = rightsOf(args, account).map(([at, grant]) =>
      assign(
        `${name}-${at}`,
        grant,
        { ...args, principalId: identity.principalId, principalType: 'ServicePrincipal' },
        this,
      ),
    );
    const plan = new web.AppServicePlan(`${name}-plan`, planArgsOf(common), { parent: this });
    const app = new web.WebApp(name, appArgsOf(args, { identity, account, plan }), {
      parent: this,
      dependsOn: [packages, ...assignments], // a host without its roles does not start
    });
    this.name = app.name;
    this.hostName = app.defaultHostName;
    this.clientId = identity.clientId;
    this.containers = (args.containers ?? []).map((containerName) => ({
      id: containerOf(containerName).id,
      url: pulumi.interpolate`${account.primaryEndpoints.blob}${containerName}`,
    }));
    this.registerOutputs({ name: this.name, hostName: this.hostName });
  }
}

type Common = Pick<web.AppServicePlanArgs, 'resourceGroupName' | 'location' | 'tags'>;

const planArgsOf = (common: Common): web.AppServicePlanArgs => ({
  ...common,
  kind: 'functionapp',
  reserved: true, // Linux
  sku: { name: 'FC1', tier: 'FlexConsumption' },
});

/** functions-reference.md, "Connecting to host storage with an identity", and Application Insights' own role. */
const rightsOf = (
  { insights, rights = {} }: FunctionAppArgs,
  account: storage.StorageAccount,
): [string, { readonly right: RightName; readonly scope: pulumi.Input<string> }][] => [
  ['blobs', { right: 'hostBlobs', scope: account.id }],
  ['queues', { right: 'hostQueues', scope: account.id }],
  ['tables', { right: 'hostTables', scope: account.id }],
  ['metrics', { right: 'metrics', scope: insights.componentId }],
  ...Object.entries(rights),
];

/** What {@link appArgsOf} takes of the resources that the app stands on. */
export interface Foundation {
  readonly identity: Pick<managedidentity.UserAssignedIdentity, 'id' | 'clientId'>;
  readonly account: Pick<storage.StorageAccount, 'name' | 'primaryEndpoints'>;
  readonly plan: Pick<web.AppServicePlan, 'id'>;
}

/** flex-consumption-plan.md: runtime, scale and deployment are in functionAppConfig, not in app settings. */
export function appArgsOf(args: FunctionAppArgs, { identity, account, plan }: Foundation): web.WebAppArgs {
  const { resourceGroupName, location, tags = {}, corsOrigins = [], maxInstances = 40 } = args;
  return {
    resourceGroupName,
    location,
    tags,
    kind: 'functionapp,linux',
    reserved: true,
    serverFarmId: plan.id,
    httpsOnly: true,
    identity: { type: web.ManagedServiceIdentityType.UserAssigned, userAssignedIdentities: [identity.id] },
    functionAppConfig: {
      deployment: {
        storage: {
          type: web.FunctionsDeploymentStorageType.BlobContainer,
          value: pulumi.interpolate`${account.primaryEndpoints.blob}${PACKAGES}`,
          authentication: {
            type: web.AuthenticationType.UserAssignedIdentity,
            userAssignedIdentityResourceId: identity.id,
          },
        },
      },
      runtime: { name: web.RuntimeName.Node, version: NODE_VERSION },
      scaleAndConcurrency: { instanceMemoryMB: 2048, maximumInstanceCount: maxInstances },
    },
    siteConfig: {
      minTlsVersion: web.SupportedTlsVersions.SupportedTlsVersions_1_2,
      scmMinTlsVersion: web.SupportedTlsVersions.SupportedTlsVersions_1_2,
      ftpsState: web.FtpsState.Disabled,
      cors: { allowedOrigins: [...corsOrigins], supportCredentials: false },
      appSettings: settingsOf(args, identity.clientId, account.name),
    },
  };
}

/**
 * The host's `default` function key, which Azure makes for every app. A secret.
 *
 * @throws pulumi.RunError when the app has no default key
 */
export function functionKeyOf(
  app: FunctionApp,
  { resourceGroupName }: Pick<FunctionAppArgs, 'resourceGroupName'>,
): pulumi.Output<string> {
  const keys = web.listWebAppHostKeysOutput({ resourceGroupName, name: app.name }, { parent: app });
  return pulumi.secret(
    pulumi.all([app.hostName, keys]).apply(([host, { functionKeys }]) => defaultKeyOf(host, functionKeys)),
  );
}

/** @throws pulumi.RunError when there is none */
export function defaultKeyOf(host: string, functionKeys: Readonly<Record<string, string>> | undefined): string {
  const key = functionKeys?.['default'];
  if (key === undefined) throw new pulumi.RunError(`Azure answered no default function key of the app at ${host}`);
  return key;
}

/** Each setting by which a connection is an identity's: functions-reference.md, "Common properties for identity-based connections". */
export const identityConnection = (
  prefix: string,
  clientId: pulumi.Input<string>,
  place: Readonly<Record<string, pulumi.Input<string>>>,
): Record<string, pulumi.Input<string>> =>
  Object.fromEntries(
    Object.entries({ ...place, credential: 'managedidentity', clientId }).map(([key, value]) => [
      `${prefix}__${key}`,
      value,
    ]),
  );

function settingsOf(
  { insights, settings }: FunctionAppArgs,
  clientId: pulumi.Output<string>,
  accountName: pulumi.Output<string>,
): { name: string; value: pulumi.Input<string> }[] {
  const all: Record<string, pulumi.Input<string>> = {
    ...identityConnection('AzureWebJobsStorage', clientId, { accountName }),
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.connectionString,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: pulumi.interpolate`ClientId=${clientId};Authorization=AAD`,
    AZURE_CLIENT_ID: clientId,
    ...settings?.(clientId),
  };
  return Object.entries(all).map(([name, value]) => ({ name, value }));
}
