import type { TokenCredential } from '@azure/identity';
import { randomBytes } from 'node:crypto';

const ARM = 'https://management.azure.test';

export interface StorageAccount {
  readonly name: string;
  /** Its resource id. */
  readonly id: string;
  /** Makes something below it. @returns its resource id */
  make(path: string): Promise<string>;
}

/** Makes a storage account of a test's own. */
export async function createStorageAccount(credential: TokenCredential): Promise<StorageAccount> {
  const token = await credential.getToken(`${ARM}/.default`);
  const group = `/subscriptions/${process.env['ARM_SUBSCRIPTION_ID'] ?? ''}/resourceGroups/test-storage`;
  const name = `test${randomBytes(6).toString('hex')}`;
  const id = `${group}/providers/Microsoft.Storage/storageAccounts/${name}`;
  const put = async (path: string, body: object): Promise<void> => {
    const response = await fetch(`${ARM}${path}?api-version=2024-01-01`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${token?.token ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
  };
  await put(group, { location: 'westeurope' });
  await put(id, { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
  return {
    name,
    id,
    async make(path) {
      await put(`${id}/${path}`, {});
      return `${id}/${path}`;
    },
  };
}
