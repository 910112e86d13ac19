import { randomUUID } from 'node:crypto';

import { AuthorizationManagementClient, type RoleAssignment } from '@azure/arm-authorization';
import type { TokenCredential } from '@azure/identity';

/** Azure built-in roles: Storage Blob Data Contributor, Storage Blob Data Reader. */
export const BLOB_DATA_CONTRIBUTOR = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe';
export const BLOB_DATA_READER = '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1';

/** Storage Table Data Contributor, Storage Table Data Reader. */
export const TABLE_DATA_CONTRIBUTOR = '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3';
export const TABLE_DATA_READER = '76199698-9eea-4c19-bc75-cec21354c6b6';

const ENDPOINT = 'https://management.azure.test';
const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';

/** Object id of whoever a credential stands for. */
async function objectIdOf(credential: TokenCredential): Promise<string> {
  const token = await credential.getToken(`${ENDPOINT}/.default`);
  const claims = Buffer.from(token?.token.split('.')[1] ?? '', 'base64url').toString();
  return (JSON.parse(claims) as { oid: string }).oid;
}

/**
 * Assigns a role, as an administrator would.
 *
 * @param credential  who assigns
 * @param role        GUID of a built-in role
 * @param principalId who gets it; the credential's own unless given
 */
export async function assignRole(
  credential: TokenCredential,
  scope: string,
  role: string,
  principalId?: string,
): Promise<RoleAssignment> {
  const { roleAssignments } = new AuthorizationManagementClient(credential, SUBSCRIPTION, { endpoint: ENDPOINT });
  return roleAssignments.create(scope, randomUUID(), {
    principalId: principalId ?? (await objectIdOf(credential)),
    principalType: 'ServicePrincipal',
    roleDefinitionId: `/subscriptions/${SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
  });
}

/** Takes a role away again. */
export async function unassign(credential: TokenCredential, { id = '' }: RoleAssignment): Promise<void> {
  const { roleAssignments } = new AuthorizationManagementClient(credential, SUBSCRIPTION, { endpoint: ENDPOINT });
  await roleAssignments.deleteById(id);
}
