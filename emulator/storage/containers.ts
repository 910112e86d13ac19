import { Agent } from 'node:https';

import { BlobServiceClient, newPipeline, type RequestPolicyFactory } from '@azure/storage-blob';

/** How the control plane reaches the blob service: by the account's name, at a loopback port. */
export interface BlobAccess {
  readonly port: number;
  /** PEM of the CA that signed the service's certificate. */
  readonly ca: string;
  readonly blobSuffix: string;
  /** An access token for the storage audience. */
  token(): string;
}

/** Sends every request to the loopback port (an agent's options win over the URL's), while Host and SNI keep the name. */
export function toLoopback({ port, ca }: BlobAccess): RequestPolicyFactory {
  const agent = new Agent({ host: '127.0.0.1', port, ca });
  return { create: (next) => ({ sendRequest: (request) => next.sendRequest(Object.assign(request, { agent })) }) };
}

/** The official blob client for one account, authorised by token: account keys may be switched off. */
export function blobService(access: BlobAccess, account: string): BlobServiceClient {
  const getToken = () => Promise.resolve({ token: access.token(), expiresOnTimestamp: Date.now() + 3_600_000 });
  const pipeline = newPipeline({ getToken }, { retryOptions: { maxTries: 1 } });
  pipeline.factories.push(toLoopback(access));
  return new BlobServiceClient(`https://${account}.${access.blobSuffix}`, pipeline);
}

/** Deletes every container of an account, and so every blob. */
export async function emptyAccount(service: BlobServiceClient): Promise<void> {
  for await (const { name } of service.listContainers()) await service.deleteContainer(name);
}
