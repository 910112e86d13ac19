import { BlobServiceClient, ContainerClient, newPipeline, StorageSharedKeyCredential } from '@azure/storage-blob';
import { BLOB_SUFFIX } from '../names';
import { type BlobAccess, blobService, type ServiceIdentity, toLoopback } from './containers';

/** The emulator's own blob service, as other services in this process reach it: as their Azure selves would. */
export interface BlobClients {
  /** With the account's key. @throws Error when the connection string has no name or key, or is of another cloud */
  forConnectionString(connectionString: string): BlobServiceClient;
  /** A container by its SAS URI. @throws Error when it is of another cloud */
  forContainer(uri: string): ContainerClient;
  /** As the managed identity of a service, with its roles. @param account by its name @throws Error when it has none */
  forIdentity(account: string, identity: ServiceIdentity): BlobServiceClient;
}

/** For services without a blob service beside them, such as those of unit tests. */
export const noBlobs: BlobClients = {
  forConnectionString: () => refuse(),
  forContainer: () => refuse(),
  forIdentity: () => refuse(),
};

function refuse(): never {
  throw new Error('there is no blob service here');
}

export const blobClients = (access: BlobAccess): BlobClients => ({
  forConnectionString(connectionString) {
    const { AccountName: account, AccountKey: key } = partsOf(connectionString);
    if (!account || !key) throw new Error('the connection string names no storage account and key');
    const credential = new StorageSharedKeyCredential(account, key);
    return new BlobServiceClient(`https://${account}.${access.blobSuffix}`, pipelineTo(access, credential));
  },
  forContainer(uri) {
    const { hostname } = new URL(uri);
    if (!hostname.endsWith(`.${BLOB_SUFFIX}`)) throw new Error(`${hostname} is no storage account of the emulator`);
    return new ContainerClient(uri, pipelineTo(access));
  },
  forIdentity: (account, identity) => blobService(access, account, identity),
});

function pipelineTo(access: BlobAccess, credential?: StorageSharedKeyCredential): ReturnType<typeof newPipeline> {
  const pipeline = newPipeline(credential, { retryOptions: { maxTries: 1 } });
  pipeline.factories.push(toLoopback(access));
  return pipeline;
}

/** `Name=value;…`; values may hold `=`. */
export const partsOf = (connectionString: string): Record<string, string | undefined> =>
  Object.fromEntries(
    connectionString.split(';').map((part) => {
      const equals = part.indexOf('=');
      return [part.slice(0, Math.max(0, equals)), part.slice(equals + 1)];
    }),
  );
