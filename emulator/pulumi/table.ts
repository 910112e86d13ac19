/**
 * The azure-native types and functions that the plugin knows: how each maps to the Resource Manager. The real provider
 * has the same table, generated from Azure's REST specifications; versions and names follow @pulumi/azure-native 3.28.
 */

export interface TypeEntry {
  /** With `{parameter}`s that are inputs of the same name; `{subscriptionId}` is the provider's. */
  readonly path: string;
  readonly apiVersion: string;
  /** Inputs beside `properties` in the body. */
  readonly envelope: readonly string[];
  /** Inputs that go under `properties`, flattened by the SDK; undefined when `properties` is itself an input. */
  readonly flattened?: {
    /** SDK names that differ from the wire's. */
    readonly renamed?: Readonly<Record<string, string>>;
  };
  /** The name parameter, and how a name is made when the program gives none. */
  readonly naming?: { readonly input: string; readonly kind: 'random' | 'uuid'; readonly maxLength: number };
  /** Location is taken from the provider's configuration, else from the resource group. */
  readonly located: boolean;
  /** Inputs beside the path's parameters that only a replacement can change. */
  readonly immutable: readonly string[];
  /** Inputs that no GET returns: a refresh keeps what was declared. */
  readonly writeOnly: readonly string[];
  /** Outputs that the service adds inside values that the program declares, unknown in a preview of a creation. */
  readonly computed: readonly string[];
  /** Outputs that are no inputs: an import leaves them out. */
  readonly readOnly: readonly string[];
}

export interface FunctionEntry {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly apiVersion: string;
  /** Keys, at any depth, whose values are secrets. */
  readonly secrets: readonly string[];
  /** The type that it answers one of, whose outputs it has; undefined when it answers as the service does. */
  readonly answers?: string;
}

const GROUP = '/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}';
const HUB = `${GROUP}/providers/Microsoft.Devices/IotHubs/{resourceName}`;
const ACCOUNT = `${GROUP}/providers/Microsoft.Storage/storageAccounts/{accountName}`;
const DPS = `${GROUP}/providers/Microsoft.Devices/provisioningServices/{provisioningServiceName}`;
const COMMON = ['id', 'name', 'type', 'systemData', 'etag', 'azureApiVersion'] as const;
const CERTIFICATE_FACTS = ['subject', 'expiry', 'thumbprint', 'created', 'updated'].map((name) => `properties.${name}`);
/** A certificate of a hub or a provisioning service. */
const certificateOf = (parent: string, apiVersion: string): TypeEntry => ({
  path: `${parent}/certificates/{certificateName}`,
  apiVersion,
  envelope: ['properties'],
  naming: { input: 'certificateName', kind: 'random', maxLength: 64 },
  located: false,
  immutable: [],
  writeOnly: ['properties.certificate'],
  computed: [...CERTIFICATE_FACTS],
  readOnly: [...COMMON, ...CERTIFICATE_FACTS],
});

const DPS_FACTS = [
  'state',
  'provisioningState',
  'serviceOperationsHostName',
  'deviceProvisioningHostName',
  'idScope',
].map((name) => `properties.${name}`);

export const TYPES: Readonly<Record<string, TypeEntry>> = {
  'azure-native:resources:ResourceGroup': {
    path: GROUP,
    apiVersion: '2024-03-01',
    envelope: ['location', 'managedBy', 'tags'],
    naming: { input: 'resourceGroupName', kind: 'random', maxLength: 90 },
    located: true,
    immutable: ['location', 'managedBy'],
    writeOnly: [],
    computed: [],
    readOnly: [...COMMON, 'properties'],
  },
  'azure-native:iothub:IotHubResource': {
    path: HUB,
    apiVersion: '2023-06-30',
    envelope: ['identity', 'location', 'properties', 'sku', 'tags'],
    naming: { input: 'resourceName', kind: 'random', maxLength: 50 },
    located: true,
    immutable: ['location'],
    writeOnly: ['properties.authorizationPolicies'],
    computed: [
      'properties.hostName',
      'properties.state',
      'properties.provisioningState',
      'properties.locations',
      'sku.tier',
    ],
    readOnly: [
      ...COMMON,
      'properties.hostName',
      'properties.state',
      'properties.provisioningState',
      'properties.locations',
      'properties.eventHubEndpoints',
      'sku.tier',
    ],
  },
  'azure-native:storage:StorageAccount': {
    path: ACCOUNT,
    apiVersion: '2024-01-01',
    envelope: ['extendedLocation', 'identity', 'kind', 'location', 'sku', 'tags'],
    flattened: {
      renamed: {
        enableHttpsTrafficOnly: 'supportsHttpsTrafficOnly',
        networkRuleSet: 'networkAcls',
        enableNfsV3: 'isNfsV3Enabled',
      },
    },
    naming: { input: 'accountName', kind: 'random', maxLength: 24 },
    located: true,
    immutable: ['location', 'kind', 'isHnsEnabled', 'enableNfsV3'],
    writeOnly: [],
    computed: ['sku.tier'],
    readOnly: [
      ...COMMON,
      'creationTime',
      'primaryEndpoints',
      'primaryLocation',
      'provisioningState',
      'statusOfPrimary',
      'sku.tier',
    ],
  },
  'azure-native:storage:BlobContainer': {
    path: `${ACCOUNT}/blobServices/default/containers/{containerName}`,
    apiVersion: '2024-01-01',
    envelope: [],
    flattened: {},
    naming: { input: 'containerName', kind: 'random', maxLength: 63 },
    located: false,
    immutable: ['defaultEncryptionScope', 'denyEncryptionScopeOverride'],
    writeOnly: [],
    computed: [],
    readOnly: [...COMMON, 'leaseState', 'leaseStatus', 'lastModifiedTime', 'hasImmutabilityPolicy', 'hasLegalHold'],
  },
  'azure-native:storage:BlobServiceProperties': {
    path: `${ACCOUNT}/blobServices/{blobServicesName}`,
    apiVersion: '2024-01-01',
    envelope: [],
    flattened: {},
    located: false,
    immutable: [],
    writeOnly: [],
    computed: [],
    readOnly: [...COMMON, 'sku'],
  },
  'azure-native:authorization:RoleAssignment': {
    path: '/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}',
    apiVersion: '2022-04-01',
    envelope: [],
    flattened: {},
    naming: { input: 'roleAssignmentName', kind: 'uuid', maxLength: 36 },
    located: false,
    immutable: ['principalId', 'roleDefinitionId', 'principalType', 'condition', 'conditionVersion', 'description'],
    writeOnly: [],
    computed: [],
    readOnly: [...COMMON, 'createdOn', 'createdBy', 'updatedOn', 'updatedBy'],
  },
  'azure-native:iothub:Certificate': certificateOf(HUB, '2023-06-30'),
  'azure-native:iothub:IotHubResourceEventHubConsumerGroup': {
    path: `${HUB}/eventHubEndpoints/{eventHubEndpointName}/ConsumerGroups/{name}`,
    apiVersion: '2023-06-30',
    envelope: ['properties'],
    naming: { input: 'name', kind: 'random', maxLength: 50 },
    located: false,
    immutable: ['properties'],
    writeOnly: [],
    computed: [],
    readOnly: [...COMMON],
  },
  'azure-native:deviceprovisioningservices:IotDpsResource': {
    path: DPS,
    apiVersion: '2022-12-12',
    envelope: ['identity', 'location', 'properties', 'sku', 'tags'],
    naming: { input: 'provisioningServiceName', kind: 'random', maxLength: 63 },
    located: true,
    immutable: ['location'],
    writeOnly: ['properties.authorizationPolicies', 'properties.iotHubs'],
    computed: [...DPS_FACTS],
    readOnly: [...COMMON, ...DPS_FACTS],
  },
  'azure-native:deviceprovisioningservices:DpsCertificate': certificateOf(DPS, '2022-12-12'),
  'azure-native:managedidentity:UserAssignedIdentity': {
    path: `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}`,
    apiVersion: '2023-01-31',
    envelope: ['location', 'tags'],
    flattened: {},
    naming: { input: 'resourceName', kind: 'random', maxLength: 128 },
    located: true,
    immutable: ['location'],
    writeOnly: [],
    computed: [],
    readOnly: [...COMMON, 'tenantId', 'principalId', 'clientId'],
  },
  'azure-native:authorization:RoleDefinition': {
    path: '/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}',
    apiVersion: '2022-04-01',
    envelope: [],
    flattened: { renamed: { roleType: 'type' } },
    naming: { input: 'roleDefinitionId', kind: 'uuid', maxLength: 36 },
    located: false,
    immutable: [],
    writeOnly: [],
    computed: [],
    readOnly: [...COMMON, 'createdOn', 'updatedOn', 'createdBy', 'updatedBy'],
  },
};

export const FUNCTIONS: Readonly<Record<string, FunctionEntry>> = {
  'azure-native:iothub:listIotHubResourceKeysForKeyName': {
    method: 'POST',
    path: `${HUB}/IotHubKeys/{keyName}/listkeys`,
    apiVersion: '2023-06-30',
    secrets: ['primaryKey', 'secondaryKey'],
  },
  'azure-native:iothub:listIotHubResourceKeys': {
    method: 'POST',
    path: `${HUB}/listkeys`,
    apiVersion: '2023-06-30',
    secrets: ['primaryKey', 'secondaryKey'],
  },
  'azure-native:deviceprovisioningservices:listIotDpsResourceKeys': {
    method: 'POST',
    path: `${DPS}/listkeys`,
    apiVersion: '2022-12-12',
    secrets: ['primaryKey', 'secondaryKey'],
  },
  'azure-native:deviceprovisioningservices:listIotDpsResourceKeysForKeyName': {
    method: 'POST',
    path: `${DPS}/keys/{keyName}/listkeys`,
    apiVersion: '2022-12-12',
    secrets: ['primaryKey', 'secondaryKey'],
  },
  'azure-native:authorization:getRoleDefinition': {
    method: 'GET',
    path: '/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}',
    apiVersion: '2022-04-01',
    secrets: [],
    answers: 'azure-native:authorization:RoleDefinition',
  },
  'azure-native:storage:listStorageAccountKeys': {
    method: 'POST',
    path: `${ACCOUNT}/listKeys`,
    apiVersion: '2024-01-01',
    secrets: ['value'],
  },
};

/** Names of the parameters in a path, without the provider's own. */
export const parametersOf = ({ path }: { readonly path: string }): string[] =>
  [...path.matchAll(/\{(\w+)\}/g)].flatMap(([, name]) =>
    name === undefined || name === 'subscriptionId' ? [] : [name],
  );
