import type { ContainerClient } from '@azure/storage-blob';
import type { BlobClients } from '../../storage/client';
import type { ServiceIdentity } from '../../storage/containers';
import type { TransferSpec } from './spec';
import type { Containers } from './transfer';

/**
 * Opens the containers of a transfer.
 *
 * @param resourceId of the hub, in the Resource Manager
 * @throws Error for a URI that is none of the emulator's storage, and when the hub has no identity to go by
 */
export function containersIn(blobs: BlobClients, spec: TransferSpec, resourceId: string): Containers {
  const identity = { resourceId, userAssignedIdentity: spec.userAssignedIdentity };
  const open = (uri: string): ContainerClient =>
    spec.isIdentityBased ? asIdentity(blobs, uri, identity) : blobs.forContainer(uri);
  return {
    input: spec.inputContainerUri === undefined ? undefined : open(spec.inputContainerUri),
    output: open(spec.outputContainerUri),
  };
}

/** `https://account.blob.azure.test/container` */
function asIdentity(blobs: BlobClients, uri: string, identity: ServiceIdentity): ContainerClient {
  const { hostname, pathname } = new URL(blobs.forContainer(uri).url); // it checks whose name that is
  return blobs.forIdentity(hostname.split('.', 1)[0] ?? '', identity).getContainerClient(pathname.replace(/^\//, ''));
}
