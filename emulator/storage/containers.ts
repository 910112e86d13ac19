import { Agent } from 'node:https';

import { BlobServiceClient, newPipeline, type RequestPolicyFactory } from '@azure/storage-blob';

/** How the control plane reaches the blob service: by the account's name, at a loopback port. */
export interface BlobAccess {
  readonly port: number;
  /** PEM of the CA that signed the service's certificate. */
  readonly ca: string;
  readonly blobSuffix: string;
  /** An access token for the storage audience: the emulator's own unless it is for a service's identity. */
  token(identity?: ServiceIdentity): string;
}

/** What a service goes by where it is to go as itself. */
export interface ServiceIdentity {
  /** Id of the service in the Resource Manager. */
  readonly resourceId: string;
  /** Id of the user-assigned identity that it is to use; its system-assigned one unless given. */
  readonly userAssignedIdentity?: string | undefined;
}

/** Sends every request to the loopback port (an agent's options win over the URL's), while Host and SNI keep the name. */
export function toLoopback({ port, ca }: BlobAccess): RequestPolicyFactory {
  const agent = new Agent({ host: '127.0.0.1', port, ca });
  return { create: (next) => ({ sendRequest: (request) => next.sendRequest(Object.assign(request, { agent })) }) };
}

/**
 * The official blob client for one account, authorised by token: account keys may be switched off.
 *
 * @param identity whose token; the emulator's own unless given
 * @throws Error when the service has no such identity
 */
export function blobService(access: BlobAccess, account: string, identity?: ServiceIdentity): BlobServiceClient {
  const token = access.token(identity);
  const getToken = () => Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3_600_000 });
  const pipeline = newPipeline({ getToken }, { retryOptions: { maxTries: 1 } });
  pipeline.factories.push(toLoopback(access));
  return new BlobServiceClient(`https://${account}.${access.blobSuffix}`, pipeline);
}

/** Deletes every container of an account, and so every blob. */
export async function emptyAccount(service: BlobServiceClient): Promise<void> {
  for await (const { name } of service.listContainers()) await service.deleteContainer(name);
}
