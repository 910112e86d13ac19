import type { TokenCredential } from '@azure/identity';
import { randomBytes } from 'node:crypto';

import { assignRole, BLOB_DATA_CONTRIBUTOR } from './roles';

const ARM = 'https://management.azure.test';

/** Makes a storage account, and a container in it that the credential may write. @returns the container's URL */
export async function createContainer(credential: TokenCredential): Promise<string> {
  const token = await credential.getToken(`${ARM}/.default`);
  const group = `/subscriptions/${process.env.ARM_SUBSCRIPTION_ID ?? ''}/resourceGroups/test-ledgers`;
  const account = `ledger${randomBytes(6).toString('hex')}`;
  const accountPath = `${group}/providers/Microsoft.Storage/storageAccounts/${account}`;
  const put = async (path: string, body: object): Promise<void> => {
    const response = await fetch(`${ARM}${path}?api-version=2024-01-01`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token?.token ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
  };
  await put(group, { location: 'westeurope' });
  await put(accountPath, { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
  const container = `${accountPath}/blobServices/default/containers/ledger`;
  await put(container, {});
  await assignRole(credential, container, BLOB_DATA_CONTRIBUTOR);
  return `https://${account}.blob.azure.test/ledger`;
}
