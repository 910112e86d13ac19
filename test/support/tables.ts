import type { TokenCredential } from '@azure/identity';

import { assignRole, TABLE_DATA_CONTRIBUTOR } from './roles';
import { createStorageAccount } from './storage-account';

/** Makes a storage account with tables that the credential may write. @returns the endpoint of its tables */
export async function createTables(credential: TokenCredential, names: readonly string[]): Promise<string> {
  const account = await createStorageAccount(credential);
  for (const name of names) await account.make(`tableServices/default/tables/${name}`);
  await assignRole(credential, account.id, TABLE_DATA_CONTRIBUTOR);
  return `https://${account.name}.table.azure.test/`;
}
