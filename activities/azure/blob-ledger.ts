import type { TokenCredential } from '@azure/identity';
import { ContainerClient, RestError } from '@azure/storage-blob';
import { GroundswellError } from '../../domain/errors';
import type { Ledger } from '../ports';

/** @returns the HTTP status of a refused call, or undefined when no answer came */
export const statusOf = (error: unknown): number | undefined =>
  error instanceof RestError ? error.statusCode : undefined;

/** Storage refused, or did not answer. */
export const unavailable = (path: string, error: unknown) =>
  new GroundswellError('GS_LEDGER_UNAVAILABLE', {
    path,
    reason: error instanceof Error ? error.message : String(error),
  });

/**
 * The ledger in Azure Blob Storage: one block blob a record, created under `If-None-Match: *`, so that the service
 * itself keeps a record from being written twice.
 *
 * @param containerUrl `https://<account>.blob.<suffix>/<container>`
 * @param credential   with the role Storage Blob Data Contributor on the container
 */
export function createBlobLedger(containerUrl: string, credential: TokenCredential): Ledger {
  const container = new ContainerClient(containerUrl, credential);

  async function read(path: string): Promise<string | undefined> {
    try {
      return (await container.getBlobClient(path).downloadToBuffer()).toString('utf8');
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw unavailable(path, error);
    }
  }

  return {
    async put(path, record) {
      const body = JSON.stringify(record);
      try {
        await container.getBlockBlobClient(path).upload(body, Buffer.byteLength(body), {
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: 'application/json' },
        });
      } catch (error) {
        // 409 BlobAlreadyExists, or 412 where a condition is evaluated first.
        if (statusOf(error) !== 409 && statusOf(error) !== 412) throw unavailable(path, error);
        if ((await read(path)) !== body) throw new GroundswellError('GS_LEDGER_CONFLICT', { path });
      }
    },

    async get(path) {
      const body = await read(path);
      return body === undefined ? undefined : (JSON.parse(body) as unknown);
    },

    text: read,

    async *list(folder) {
      try {
        for await (const { name } of container.listBlobsFlat({ prefix: `${folder}/` })) yield name;
      } catch (error) {
        throw unavailable(folder, error);
      }
    },

    async *folders(folder) {
      const prefix = `${folder}/`;
      try {
        for await (const item of container.listBlobsByHierarchy('/', { prefix })) {
          if (item.kind === 'prefix') yield item.name.slice(prefix.length, -1);
        }
      } catch (error) {
        throw unavailable(folder, error);
      }
    },
  };
}
