import type * as app from '@pulumi/azure-native/app';
import type * as applicationinsights from '@pulumi/azure-native/applicationinsights';
import type * as authorization from '@pulumi/azure-native/authorization';
import type * as deviceprovisioningservices from '@pulumi/azure-native/deviceprovisioningservices';
import type * as eventhub from '@pulumi/azure-native/eventhub';
import type * as iothub from '@pulumi/azure-native/iothub';
import type * as managedidentity from '@pulumi/azure-native/managedidentity';
import type * as operationalinsights from '@pulumi/azure-native/operationalinsights';
import type * as resources from '@pulumi/azure-native/resources';
import type * as signalrservice from '@pulumi/azure-native/signalrservice';
import type * as storage from '@pulumi/azure-native/storage';
import type * as web from '@pulumi/azure-native/web';
import type * as sdk from '@pulumi/pulumi';

/** The modules of azure-native that {@link azureProgram} uses, by name. */
export const MODULES = [
  'app',
  'applicationinsights',
  'authorization',
  'deviceprovisioningservices',
  'eventhub',
  'iothub',
  'managedidentity',
  'operationalinsights',
  'resources',
  'signalrservice',
  'storage',
  'web',
] as const;

interface Azure {
  readonly app: typeof app;
  readonly applicationinsights: typeof applicationinsights;
  readonly authorization: typeof authorization;
  readonly deviceprovisioningservices: typeof deviceprovisioningservices;
  readonly eventhub: typeof eventhub;
  readonly iothub: typeof iothub;
  readonly managedidentity: typeof managedidentity;
  readonly operationalinsights: typeof operationalinsights;
  readonly resources: typeof resources;
  readonly signalrservice: typeof signalrservice;
  readonly storage: typeof storage;
  readonly web: typeof web;
}

/** What a run of the program changes. */
export interface Settings {
  /** One update of each type that has something to update, and a replacement. */
  readonly isChanged?: boolean;
  /** Inputs of the hub that the stack has adopted. */
  readonly adopted?: iothub.IotHubResourceArgs;
}

/**
 * A Pulumi program with one resource of every type that the local provider knows. It runs in another process: it sees
 * its arguments only, so everything it needs stands inside.
 */
export function azureProgram(pulumi: typeof sdk, azure: Azure, { isChanged = false, adopted }: Settings) {
  const { storage: blobs, iothub: hubs, deviceprovisioningservices: dps, eventhub: streams, web: sites } = azure;
  const group = new azure.resources.ResourceGroup('everything', { location: 'westeurope', tags: { of: 'test' } });
  const resourceGroupName = group.name;
  const identity = new azure.managedidentity.UserAssignedIdentity('worker', { resourceGroupName });
  const hub = new hubs.IotHubResource('hub', {
    resourceGroupName,
    sku: { name: 'S1', capacity: isChanged ? 2 : 1 },
    identity: { type: 'SystemAssigned, UserAssigned', userAssignedIdentities: [identity.id] },
    properties: {
      minTlsVersion: '1.2',
      eventHubEndpoints: { events: { partitionCount: 4, retentionTimeInDays: isChanged ? 3 : 1 } },
      authorizationPolicies: [{ keyName: 'link', rights: 'RegistryWrite, ServiceConnect' }],
    },
  });
  new hubs.IotHubResourceEventHubConsumerGroup('telemetry', {
    resourceGroupName,
    resourceName: hub.name,
    eventHubEndpointName: 'events',
    name: isChanged ? 'events' : 'telemetry',
    properties: { name: isChanged ? 'events' : 'telemetry' },
  });
  const keys = hubs.listIotHubResourceKeysForKeyNameOutput({
    resourceGroupName,
    resourceName: hub.name,
    keyName: 'link',
  });
  const host = hub.properties.hostName;
  const link = pulumi.interpolate`HostName=${host};SharedAccessKeyName=link;SharedAccessKey=${keys.primaryKey}`;
  const provisioning = new dps.IotDpsResource('dps', {
    resourceGroupName,
    sku: { name: 'S1', capacity: 1 },
    properties: {
      allocationPolicy: isChanged ? 'GeoLatency' : 'Hashed',
      iotHubs: [{ location: 'westeurope', allocationWeight: 1, connectionString: pulumi.secret(link) }],
    },
  });
  const account = new blobs.StorageAccount('store', {
    resourceGroupName,
    kind: 'StorageV2',
    sku: { name: 'Standard_LRS' },
    allowBlobPublicAccess: false,
    minimumTlsVersion: 'TLS1_2',
    networkRuleSet: { defaultAction: 'Allow', ipRules: isChanged ? [{ iPAddressOrRange: '198.51.100.7' }] : [] },
  });
  const within = { resourceGroupName, accountName: account.name };
  new blobs.BlobServiceProperties('blobs', {
    ...within,
    blobServicesName: 'default',
    deleteRetentionPolicy: { enabled: true, days: isChanged ? 14 : 7 },
  });
  const container = new blobs.BlobContainer('audit', { ...within, metadata: { of: isChanged ? 'fleet' : 'test' } });
  new blobs.BlobContainerImmutabilityPolicy('kept', {
    ...within,
    containerName: container.name,
    immutabilityPolicyName: 'default',
    immutabilityPeriodSinceCreationInDays: isChanged ? 8 : 7,
  });
  const baseBlob = { tierToCool: { daysAfterModificationGreaterThan: isChanged ? 60 : 30 } };
  const definition = { filters: { blobTypes: ['blockBlob'] }, actions: { baseBlob } };
  new blobs.ManagementPolicy('lifecycle', {
    ...within,
    managementPolicyName: 'default',
    policy: { rules: [{ name: 'cool', enabled: true, type: 'Lifecycle', definition }] },
  });
  new blobs.Table('DeviceState', within);
  const site = new blobs.StorageAccountStaticWebsite('site', {
    ...within,
    indexDocument: 'index.html',
    error404Document: isChanged ? '404.html' : 'index.html',
  });
  const role = new azure.authorization.RoleDefinition('reader', {
    scope: group.id,
    roleName: pulumi.interpolate`reader of ${group.name}`,
    assignableScopes: [group.id],
    permissions: [
      { actions: ['Microsoft.Devices/IotHubs/read', ...(isChanged ? ['Microsoft.Devices/IotHubs/write'] : [])] },
    ],
  });
  new azure.authorization.RoleAssignment('reading', {
    scope: hub.id,
    principalId: identity.principalId,
    principalType: 'ServicePrincipal',
    roleDefinitionId: role.id,
  });
  const plan = new sites.AppServicePlan('plan', {
    resourceGroupName,
    kind: 'functionapp',
    reserved: true,
    sku: { name: 'FC1', tier: 'FlexConsumption' },
  });
  const functions = new sites.WebApp('functions', {
    resourceGroupName,
    kind: 'functionapp,linux',
    serverFarmId: plan.id,
    httpsOnly: isChanged,
    identity: { type: 'UserAssigned', userAssignedIdentities: [identity.id] },
  });
  const hostKeys = sites.listWebAppHostKeysOutput({ resourceGroupName, name: functions.name });
  const signalr = new azure.signalrservice.SignalR('page', {
    resourceGroupName,
    sku: { name: 'Standard_S1', capacity: 1 },
  });
  const workspace = new azure.operationalinsights.Workspace('logs', {
    resourceGroupName,
    retentionInDays: isChanged ? 60 : 30,
  });
  const insights = new azure.applicationinsights.Component('insights', {
    resourceGroupName,
    kind: 'web',
    applicationType: 'web',
    workspaceResourceId: workspace.id,
  });
  const environment = new azure.app.ManagedEnvironment('hosting', { resourceGroupName });
  const image = isChanged ? 'worker:2' : 'worker:1';
  new azure.app.ContainerApp('worker-app', {
    resourceGroupName,
    managedEnvironmentId: environment.id,
    template: { containers: [{ name: 'worker', image }] },
  });
  const space = new streams.Namespace('streams', { resourceGroupName, sku: { name: 'Standard', capacity: 1 } });
  const stream = new streams.EventHub('stream', { resourceGroupName, namespaceName: space.name, partitionCount: 2 });
  new streams.ConsumerGroup('readers', { resourceGroupName, namespaceName: space.name, eventHubName: stream.name });
  if (adopted !== undefined) new hubs.IotHubResource('adopted', adopted);

  const again = hubs.getIotHubResourceOutput({ resourceGroupName, resourceName: hub.name });
  return {
    group: group.name,
    hub: hub.name,
    sameHub: again.id,
    hubId: hub.id,
    hostName: host,
    idScope: provisioning.properties.idScope,
    container: site.containerName,
    site: functions.defaultHostName,
    hostKey: pulumi.secret(hostKeys.functionKeys),
    signalr: signalr.hostName,
    insights: insights.connectionString,
  };
}
