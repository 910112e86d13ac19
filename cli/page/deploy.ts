import { createHash } from 'node:crypto';
import type { BlobItem, ContainerClient } from '@azure/storage-blob';
import type { SiteFile } from '../../dashboard/site';

/** What is asked about a blob. */
export interface KnownBlob {
  readonly name: string;
  readonly properties: Pick<BlobItem['properties'], 'contentMD5' | 'contentType' | 'cacheControl'>;
}

/** What was done to a container. */
export interface Deployed {
  /** Paths, in the order in which they were written. */
  readonly uploaded: readonly string[];
  readonly unchangedCount: number;
  readonly removed: readonly string[];
}

/** What the bundler names by their content: nothing else makes such names, and no page that is loaded now asks for old ones. */
const HASHED = /^[\w.]+-[A-Z0-9]{8}\.(js|css)(\.LEGAL\.txt)?$/;

/** Files that name others come after those, so that nobody is sent to a file that is not there yet. */
const rankOf = ({ path }: SiteFile): number => (HASHED.test(path) ? 0 : path === 'index.html' ? 2 : 1);

const md5Of = (body: Buffer): Buffer => createHash('md5').update(body).digest();

/** Whether the container has it, with the same type and for as long in caches. */
function isThere({ body, contentType, cacheControl }: SiteFile, known: KnownBlob | undefined): boolean {
  if (known === undefined) return false;
  const { contentMD5, contentType: type, cacheControl: cached } = known.properties;
  return type === contentType && cached === cacheControl && md5Of(body).equals(contentMD5 ?? new Uint8Array());
}

/** What is to be done to a container with these blobs. */
export function deployPlan(
  files: readonly SiteFile[],
  blobs: readonly KnownBlob[],
): { readonly upload: readonly SiteFile[]; readonly remove: readonly string[] } {
  const known = new Map(blobs.map((blob) => [blob.name, blob]));
  const wanted = new Set(files.map(({ path }) => path));
  return {
    upload: files
      .filter((file) => !isThere(file, known.get(file.path)))
      .sort((one, other) => rankOf(one) - rankOf(other)),
    remove: blobs.map(({ name }) => name).filter((path) => HASHED.test(path) && !wanted.has(path)),
  };
}

/**
 * Makes a container hold the files of the page. What is there already is left alone, and so is what the page's build does
 * not make. Doing it again changes nothing; one that was ended in the middle is gone on with.
 */
export async function deployPage(container: ContainerClient, files: readonly SiteFile[]): Promise<Deployed> {
  const blobs: KnownBlob[] = [];
  for await (const blob of container.listBlobsFlat()) blobs.push(blob);
  const { upload, remove } = deployPlan(files, blobs);
  for (const { path, body, contentType, cacheControl } of upload) {
    const blobHTTPHeaders = {
      blobContentType: contentType,
      blobCacheControl: cacheControl,
      blobContentMD5: md5Of(body),
    };
    await container.getBlockBlobClient(path).uploadData(body, { blobHTTPHeaders });
  }
  for (const path of remove) await container.deleteBlob(path);
  return {
    uploaded: upload.map(({ path }) => path),
    unchangedCount: files.length - upload.length,
    removed: remove,
  };
}
