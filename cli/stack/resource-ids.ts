/** An operation that was under way when pulumi ended, as `pulumi stack export` has it. */
export interface PendingOperation {
  readonly type: string;
  readonly resource: {
    readonly urn: string;
    readonly type: string;
    readonly inputs?: Readonly<Record<string, unknown>>;
  };
}

/** Where a type's id lies below its resource group: segments in braces are inputs. */
const BELOW_GROUP: Readonly<Record<string, string>> = {
  'iothub:IotHubResource': 'Microsoft.Devices/IotHubs/{resourceName}',
  'iothub:IotHubResourceEventHubConsumerGroup':
    'Microsoft.Devices/IotHubs/{resourceName}/eventHubEndpoints/{eventHubEndpointName}/ConsumerGroups/{name}',
  'deviceprovisioningservices:IotDpsResource': 'Microsoft.Devices/provisioningServices/{provisioningServiceName}',
  'deviceprovisioningservices:DpsCertificate':
    'Microsoft.Devices/provisioningServices/{provisioningServiceName}/certificates/{certificateName}',
  'storage:StorageAccount': 'Microsoft.Storage/storageAccounts/{accountName}',
  'storage:BlobServiceProperties': 'Microsoft.Storage/storageAccounts/{accountName}/blobServices/{blobServicesName}',
  'storage:BlobContainer':
    'Microsoft.Storage/storageAccounts/{accountName}/blobServices/default/containers/{containerName}',
  'storage:BlobContainerImmutabilityPolicy':
    'Microsoft.Storage/storageAccounts/{accountName}/blobServices/default/containers/{containerName}/immutabilityPolicies/{immutabilityPolicyName}',
  'storage:ManagementPolicy':
    'Microsoft.Storage/storageAccounts/{accountName}/managementPolicies/{managementPolicyName}',
  'storage:Table': 'Microsoft.Storage/storageAccounts/{accountName}/tableServices/default/tables/{tableName}',
  'managedidentity:UserAssignedIdentity': 'Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}',
  'eventhub:Namespace': 'Microsoft.EventHub/namespaces/{namespaceName}',
  'eventhub:EventHub': 'Microsoft.EventHub/namespaces/{namespaceName}/eventhubs/{eventHubName}',
  'eventhub:ConsumerGroup':
    'Microsoft.EventHub/namespaces/{namespaceName}/eventhubs/{eventHubName}/consumergroups/{consumerGroupName}',
  'web:AppServicePlan': 'Microsoft.Web/serverfarms/{name}',
  'web:WebApp': 'Microsoft.Web/sites/{name}',
  'signalrservice:SignalR': 'Microsoft.SignalRService/signalR/{resourceName}',
  'applicationinsights:Component': 'Microsoft.Insights/components/{resourceName}',
  'operationalinsights:Workspace': 'Microsoft.OperationalInsights/workspaces/{workspaceName}',
  'app:ManagedEnvironment': 'Microsoft.App/managedEnvironments/{environmentName}',
  'app:ContainerApp': 'Microsoft.App/containerApps/{containerAppName}',
};

/** Types whose id begins at a scope of its own. */
const AT_SCOPE: Readonly<Record<string, string>> = {
  'authorization:RoleAssignment': 'Microsoft.Authorization/roleAssignments/{roleAssignmentName}',
  'authorization:RoleDefinition': 'Microsoft.Authorization/roleDefinitions/{roleDefinitionId}',
};

/** Pulumi writes a secret as an object with this key. */
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function filled(template: string, inputs: Readonly<Record<string, unknown>>): string | undefined {
  const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '');
  if (!names.every((name) => isText(inputs[name]))) return undefined;
  return template.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(inputs[name]));
}

/**
 * The id that a resource has in Azure, from what the engine wrote down before it asked for it: names are chosen before
 * the first call.
 *
 * @param subscriptionId of the stack
 * @returns undefined for a type that is not among ours, or where a name was not known yet
 */
export function resourceIdOf(
  { type, inputs = {} }: PendingOperation['resource'],
  subscriptionId: string,
): string | undefined {
  const [, token = type] = /^azure-native:(.*)$/.exec(type) ?? [];
  const group = `/subscriptions/${subscriptionId}/resourceGroups/{resourceGroupName}`;
  if (token === 'resources:ResourceGroup') return filled(group, inputs);
  const below = BELOW_GROUP[token];
  if (below !== undefined) return filled(`${group}/providers/${below}`, inputs);
  const at = AT_SCOPE[token];
  return at === undefined ? undefined : filled(`{scope}/providers/${at}`, inputs)?.replace(/^\/+/, '/');
}
