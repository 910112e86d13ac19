import type { TokenCredential } from '@azure/identity';
import { randomBytes } from 'node:crypto';

import { assignRole, TABLE_DATA_CONTRIBUTOR } from './roles';

const ARM = 'https://management.azure.test';

/** Makes a storage account with tables that the credential may write. @returns the endpoint of its tables */
export async function createTables(credential: TokenCredential, names: readonly string[]): Promise<string> {
  const token = await credential.getToken(`${ARM}/.default`);
  const group = `/subscriptions/${process.env['ARM_SUBSCRIPTION_ID'] ?? ''}/resourceGroups/test-tables`;
  const account = `tables${randomBytes(6).toString('hex')}`;
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
  for (const name of names) await put(`${accountPath}/tableServices/default/tables/${name}`, {});
  await assignRole(credential, accountPath, TABLE_DATA_CONTRIBUTOR);
  return `https://${account}.table.azure.test/`;
}
