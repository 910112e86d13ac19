import type { TokenCredential } from '@azure/identity';
import { ContainerClient } from '@azure/storage-blob';
import { type Assignment, assignmentPath } from '../../domain/assignment';
import type { Assignments } from '../provisioning-ports';
import { statusOf, unavailable } from './blob-ledger';

/**
 * Assignments as blobs, which the allocation webhook reads.
 *
 * @param containerUrl `https://<account>.blob.<suffix>/<container>`
 * @param credential   with the right to read, write and delete its blobs
 */
export function createBlobAssignments(containerUrl: string, credential: TokenCredential): Assignments {
  const container = new ContainerClient(containerUrl, credential);

  return {
    async put(service, registrationId, assignment) {
      const path = assignmentPath(service, registrationId);
      const body = JSON.stringify(assignment);
      try {
        await container.getBlockBlobClient(path).upload(body, Buffer.byteLength(body), {
          blobHTTPHeaders: { blobContentType: 'application/json' },
        });
      } catch (error) {
        throw unavailable(path, error);
      }
    },

    async get(service, registrationId) {
      const path = assignmentPath(service, registrationId);
      try {
        const bytes = await container.getBlobClient(path).downloadToBuffer();
        return JSON.parse(bytes.toString('utf8')) as Assignment;
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw unavailable(path, error);
      }
    },

    async remove(service, registrationId) {
      const path = assignmentPath(service, registrationId);
      try {
        await container.getBlobClient(path).deleteIfExists();
      } catch (error) {
        throw unavailable(path, error);
      }
    },
  };
}
