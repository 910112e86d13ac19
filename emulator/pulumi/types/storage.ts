import { ENVELOPE, type FunctionEntry, GROUP, type TypeEntry } from './entry';

export const ACCOUNT = `${GROUP}/providers/Microsoft.Storage/storageAccounts/{accountName}`;
const CONTAINER = `${ACCOUNT}/blobServices/default/containers/{containerName}`;

/** Accounts and what lies in them. */
export const STORAGE_TYPES: Readonly<Record<string, TypeEntry>> = {
  'azure-native:storage:StorageAccount': {
    path: ACCOUNT,
    envelope: ENVELOPE,
    wireNames: {
      enableHttpsTrafficOnly: 'supportsHttpsTrafficOnly',
      networkRuleSet: 'networkAcls',
      enableNfsV3: 'isNfsV3Enabled',
      'networkRuleSet.ipRules.iPAddressOrRange': 'value',
      'networkRuleSet.virtualNetworkRules.virtualNetworkResourceId': 'id',
      'encryption.keyVaultProperties.keyName': 'keyname',
      'encryption.keyVaultProperties.keyVersion': 'keyversion',
      'encryption.keyVaultProperties.keyVaultUri': 'keyvaulturi',
      'encryption.encryptionIdentity': 'identity',
      'encryption.encryptionIdentity.encryptionUserAssignedIdentity': 'userAssignedIdentity',
      'encryption.encryptionIdentity.encryptionFederatedIdentityClientId': 'federatedIdentityClientId',
    },
    forceNew: ['location', 'isHnsEnabled'],
  },
  'azure-native:storage:BlobServiceProperties': {
    path: `${ACCOUNT}/blobServices/{blobServicesName}`,
    envelope: [],
    whenDeleted: {},
  },
  'azure-native:storage:BlobContainer': { path: CONTAINER, envelope: [] },
  'azure-native:storage:BlobContainerImmutabilityPolicy': {
    path: `${CONTAINER}/immutabilityPolicies/{immutabilityPolicyName}`,
    envelope: [],
    whenDeleted: { immutabilityPeriodSinceCreationInDays: 0 },
  },
  'azure-native:storage:ManagementPolicy': {
    path: `${ACCOUNT}/managementPolicies/{managementPolicyName}`,
    envelope: [],
  },
  'azure-native:storage:Table': { path: `${ACCOUNT}/tableServices/default/tables/{tableName}`, envelope: [] },
};

export const STORAGE_FUNCTIONS: Readonly<Record<string, FunctionEntry>> = {
  'azure-native:storage:listStorageAccountKeys': {
    method: 'POST',
    path: `${ACCOUNT}/listKeys`,
    apiVersion: '2024-01-01',
    secrets: ['value'],
  },
};
