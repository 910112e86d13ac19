import { GROUP, type TypeEntry } from './entry';

const AUTHORIZATION = '/{scope}/providers/Microsoft.Authorization';

/** Resource groups, identities, and who may do what. */
export const ACCESS_TYPES: Readonly<Record<string, TypeEntry>> = {
  'azure-native:resources:ResourceGroup': { path: GROUP, forceNew: ['location'] },
  'azure-native:managedidentity:UserAssignedIdentity': {
    path: `${GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}`,
    envelope: ['location', 'tags'],
    forceNew: ['location'],
  },
  'azure-native:authorization:RoleAssignment': {
    path: `${AUTHORIZATION}/roleAssignments/{roleAssignmentName}`,
    envelope: [],
    forceNew: ['principalId'],
  },
  'azure-native:authorization:RoleDefinition': {
    path: `${AUTHORIZATION}/roleDefinitions/{roleDefinitionId}`,
    envelope: [],
    wireNames: { roleType: 'type' },
  },
};
