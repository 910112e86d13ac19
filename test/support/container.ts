import type { TokenCredential } from '@azure/identity';

import { assignRole, BLOB_DATA_CONTRIBUTOR } from './roles';
import { createStorageAccount, type StorageAccount } from './storage-account';

/** Makes a container that the credential may write, in an account of its own unless one is given. @returns the container's URL */
export async function createContainer(credential: TokenCredential, given?: StorageAccount): Promise<string> {
  const account = given ?? (await createStorageAccount(credential));
  const container = await account.make('blobServices/default/containers/ledger');
  await assignRole(credential, container, BLOB_DATA_CONTRIBUTOR);
  return `https://${account.name}.blob.azure.test/ledger`;
}
