import { text } from 'node:stream/consumers';
import type { TokenCredential } from '@azure/identity';
import { ContainerClient, RestError } from '@azure/storage-blob';
import type { AssignmentStore } from './store';

/** One more try, at once: what keeps failing is for the device to try again later. */
const RETRY = { maxTries: 2, retryDelayInMs: 50, maxRetryDelayInMs: 100 };

/**
 * Assignments in Azure Blob Storage, one call a read. Nothing is kept between two reads but the connection and the token
 * (docs/decisions/0013-reading-assignments.md).
 *
 * @param containerUrl `https://<account>.blob.<suffix>/<container>`
 * @param credential   with the role Storage Blob Data Reader on the container
 */
export function createBlobStore(containerUrl: string, credential: TokenCredential): AssignmentStore {
  const container = new ContainerClient(containerUrl, credential, { retryOptions: RETRY });
  return {
    async read(path, abortSignal) {
      try {
        const { readableStreamBody } = await container.getBlobClient(path).download(0, undefined, { abortSignal });
        if (readableStreamBody === undefined) throw new Error('the store has answered without a body');
        return await text(readableStreamBody);
      } catch (error) {
        // Not of the container: where that is missing, nothing is known of any device.
        if (error instanceof RestError && error.code === 'BlobNotFound') return undefined;
        throw error;
      }
    },
  };
}
