import { type ContainerClient, RestError } from '@azure/storage-blob';
import { z } from 'zod';

import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { ArmError, notImplemented } from '../errors';
import { rootIdOf } from '../path';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import { hasPolicy, holdsContainer } from './immutability-policies';
import { STORAGE_ACCOUNTS } from './storage-accounts';

const CONTAINERS = `${STORAGE_ACCOUNTS}/blobServices/containers`;

const description = z.looseObject({
  properties: z
    .looseObject({
      publicAccess: z.enum(['None', 'Blob', 'Container']).nullish(),
      metadata: z.record(z.string(), z.string()).nullish(),
    })
    .nullish(),
});

const TO_DATA_PLANE = { None: undefined, Blob: 'blob', Container: 'container' } as const;
const FROM_DATA_PLANE = { none: 'None', blob: 'Blob', container: 'Container' } as const;

const containerIdOf = ({ path }: ArmRequest, name: string): string =>
  `${rootIdOf(path)}/blobServices/default/containers/${name}`;

/** A policy that is locked keeps its container (immutable-policy-configure-container-scope.md). */
function requireDeletable(context: ArmContext, id: string): void {
  if (!holdsContainer(context, id)) return;
  throw new ArmError(409, 'ContainerProtectedFromDeletion', 'The container has a locked immutability policy.');
}

/** An account that forbids public access forbids it in every container. */
function requireAllowed({ store }: ArmContext, { path }: ArmRequest, access: string | undefined): void {
  if (access === undefined || store.get(rootIdOf(path))?.properties['allowBlobPublicAccess'] === true) return;
  throw new ArmError(409, 'PublicAccessNotPermitted', 'Public access is not permitted on this storage account.');
}

/** Names are `<account>/default/<container>`. */
function clientOf({ storage }: ArmContext, { path: { names } }: ArmRequest): ContainerClient {
  const [account = '', service, container = ''] = names;
  if (service !== 'default')
    throw new ArmError(400, 'InvalidRequestPropertyValue', "the blob service is named 'default'");
  return storage.blobs(account).getContainerClient(container);
}

/** The blob service is the one truth: containers made or deleted on the data plane show here too. */
async function read(context: ArmContext, request: ArmRequest, client: ContainerClient): Promise<ArmAnswer> {
  const { etag, lastModified, leaseState, leaseStatus, metadata, blobPublicAccess } = await client.getProperties();
  const id = containerIdOf(request, client.containerName);
  return ok({
    id,
    name: client.containerName,
    type: CONTAINERS,
    etag,
    properties: {
      publicAccess: FROM_DATA_PLANE[blobPublicAccess ?? 'none'],
      metadata: metadata ?? {},
      leaseState: leaseState,
      leaseStatus: leaseStatus,
      lastModifiedTime: lastModified?.toISOString(),
      defaultEncryptionScope: '$account-encryption-key',
      denyEncryptionScopeOverride: false,
      hasImmutabilityPolicy: hasPolicy(context, id),
      hasLegalHold: false,
    },
  });
}

async function put(context: ArmContext, request: ArmRequest): Promise<ArmAnswer> {
  const client = clientOf(context, request);
  const { properties } = parseBody(description, request.body);
  const access = TO_DATA_PLANE[properties?.publicAccess ?? 'None'];
  requireAllowed(context, request, access);
  const metadata = properties?.metadata ?? undefined;
  const created = await client.createIfNotExists({ ...(access && { access }), ...(metadata && { metadata }) });
  if (!created.succeeded) await update(client, access, metadata);
  return { ...(await read(context, request, client)), status: created.succeeded ? 201 : 200 };
}

async function update(
  client: ContainerClient,
  access: string | undefined,
  metadata?: Record<string, string>,
): Promise<void> {
  const present = await client.getProperties();
  if (present.blobPublicAccess !== access) throw notImplemented('a change of a container’s public access');
  if (metadata) await client.setMetadata(metadata);
}

/** Turns the blob service's refusal into the control plane's: status and code are the same on both. */
async function translated(answer: Promise<ArmAnswer>): Promise<ArmAnswer | undefined> {
  try {
    return await answer;
  } catch (cause) {
    if (!(cause instanceof RestError)) throw cause;
    if (cause.statusCode === undefined) throw new ArmError(503, 'ServiceUnavailable', `blob service: ${cause.message}`);
    if (cause.statusCode === 404) return undefined;
    throw new ArmError(cause.statusCode, cause.code ?? 'BlobServiceError', cause.message.split('\n', 1)[0] ?? '');
  }
}

async function list(context: ArmContext, request: ArmRequest): Promise<ArmAnswer> {
  const service = context.storage.blobs(request.path.names[0] ?? '');
  const value: unknown[] = [];
  for await (const { name } of service.listContainers()) {
    value.push((await read(context, request, service.getContainerClient(name))).body);
  }
  return listOf(value);
}

/** Blob containers, kept by the blob service itself. */
export const blobContainers = (context: ArmContext): ResourceType => ({
  type: CONTAINERS,
  get: (request) => translated(read(context, request, clientOf(context, request))),
  put: (request) => translated(put(context, request)),
  patch: (request) => translated(put(context, request)),
  list: (request) => translated(list(context, request)),
  async delete(request) {
    const client = clientOf(context, request);
    const id = containerIdOf(request, client.containerName);
    requireDeletable(context, id);
    const { succeeded } = await client.deleteIfExists();
    context.store.deleteTree(id);
    return { status: succeeded ? 200 : 204 };
  },
});
