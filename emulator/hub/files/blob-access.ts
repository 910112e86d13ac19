import { BlobSASPermissions, type BlobClient } from '@azure/storage-blob';
import { partsOf, type BlobClients } from '../../storage/client';
import type { FileUploadSettings } from '../settings';

/** Newest form of user delegation SAS that Azurite 3.35 checks as the SDK signs it; later ones sign more fields. */
const DELEGATION_SAS_VERSION = '2024-11-04';

/** Clocks of devices may be behind. */
const SKEW_MS = 5 * 60_000;

/** Where a hub's devices upload to, with the hub's id in the Resource Manager. */
export interface UploadPlace extends FileUploadSettings {
  readonly resourceId: string;
}

/**
 * The blob that a device may write, as the hub reaches it.
 *
 * @throws Error for a connection string of another cloud, and when the hub has no identity to go by
 */
export function blobOf(clients: BlobClients, settings: UploadPlace, blobName: string): BlobClient {
  const { connectionString, containerName, isIdentityBased } = settings;
  const service = isIdentityBased
    ? clients.forIdentity(accountOf(connectionString), settings)
    : clients.forConnectionString(connectionString);
  return service.getContainerClient(containerName).getBlobClient(blobName);
}

/**
 * The URI with which a device may write and read its blob, by the account's key or the hub's identity. The token ends by
 * the machine's time, which is the storage's too.
 */
export async function sasOf(clients: BlobClients, settings: UploadPlace, blobName: string): Promise<URL> {
  const blob = blobOf(clients, settings, blobName);
  const startsOn = new Date(Date.now() - SKEW_MS);
  const expiresOn = new Date(Date.now() + settings.sasTtlMs);
  const options = { permissions: BlobSASPermissions.parse('rw'), startsOn, expiresOn };
  if (!settings.isIdentityBased) return new URL(await blob.generateSasUrl(options));
  const key = await clients.forIdentity(blob.accountName, settings).getUserDelegationKey(startsOn, expiresOn);
  return new URL(await blob.generateUserDelegationSasUrl({ ...options, version: DELEGATION_SAS_VERSION }, key));
}

function accountOf(connectionString: string): string {
  const { AccountName: name, BlobEndpoint: endpoint } = partsOf(connectionString);
  return name ?? new URL(endpoint ?? '').hostname.split('.', 1)[0] ?? '';
}
