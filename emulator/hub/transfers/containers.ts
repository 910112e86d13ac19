import type { ContainerClient } from '@azure/storage-blob';
import type { BlobClients } from '../../storage/client';
import type { TransferSpec } from './spec';
import type { Containers } from './transfer';

/** Opens the containers of a transfer. @throws Error for a URI that is none of the emulator's storage */
export function containersIn(blobs: BlobClients, spec: TransferSpec): Containers {
  const open = (uri: string): ContainerClient =>
    spec.isIdentityBased ? asIdentity(blobs, uri) : blobs.forContainer(uri);
  return {
    input: spec.inputContainerUri === undefined ? undefined : open(spec.inputContainerUri),
    output: open(spec.outputContainerUri),
  };
}

/** `https://account.blob.azure.test/container` */
function asIdentity(blobs: BlobClients, uri: string): ContainerClient {
  const { hostname, pathname } = new URL(blobs.forContainer(uri).url); // it checks whose name that is
  return blobs.forIdentity(hostname.split('.', 1)[0] ?? '').getContainerClient(pathname.replace(/^\//, ''));
}
