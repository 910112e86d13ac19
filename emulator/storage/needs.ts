import type { IncomingMessage } from 'node:http';

import { decodedUri } from '../uri';
import type { Account } from './accounts';

/** A permission that a role must give: an action of the Resource Manager's plane, or one on data. */
export interface Need {
  readonly plane: 'control' | 'data';
  /** Where: a container, or the account. */
  readonly resourceId: string;
  readonly action: string;
}

/** What of a request says what it does. */
export type StorageRequest = Pick<IncomingMessage, 'headers' | 'method' | 'url'>;

const SERVICE = 'Microsoft.Storage/storageAccounts/blobServices';
const CONTAINERS = `${SERVICE}/containers`;
const BLOBS = `${CONTAINERS}/blobs`;

/** What one request is about, taken apart as Azurite does it (`extractStoragePartsFromPath`). */
interface Target {
  readonly method: string;
  readonly comp: string;
  readonly restype: string;
  readonly container: string;
  readonly blob: string;
}

const isRead = ({ method }: Target): boolean => method === 'GET' || method === 'HEAD';

/** Batches may hold any deletion and any change of tier: whoever sends one needs both. */
const BATCH = [`${BLOBS}/delete`, `${BLOBS}/write`];

function accountActions(target: Target): string[] {
  const { comp, restype, method } = target;
  if (comp === 'batch') return BATCH;
  if (comp === 'userdelegationkey') return [`${SERVICE}/generateUserDelegationKey/action`];
  if (comp === 'blobs') return [`${BLOBS}/filter/action`];
  if (comp === 'list') return [`${CONTAINERS}/read`];
  if (restype === 'account') return [`${SERVICE}/getInfo/action`];
  return [`${SERVICE}/${method === 'GET' ? 'read' : 'write'}`];
}

function containerActions(target: Target): string[] {
  const { comp, method } = target;
  if (comp === 'batch') return BATCH;
  if (comp === 'blobs') return [`${BLOBS}/filter/action`];
  if (comp === 'acl') return [`${CONTAINERS}/${isRead(target) ? 'getAcl' : 'setAcl'}/action`];
  if (isRead(target)) return [comp === 'list' ? `${BLOBS}/read` : `${CONTAINERS}/read`];
  return [`${CONTAINERS}/${method === 'DELETE' ? 'delete' : 'write'}`];
}

function blobActions(target: Target, headers: StorageRequest['headers']): string[] {
  const { comp, method } = target;
  const verb = isRead(target) || comp === 'query' ? 'read' : method === 'DELETE' ? 'delete' : 'write';
  if (comp === 'tags') return [`${BLOBS}/tags/${verb}`];
  return [`${BLOBS}/${verb}`, ...(headers['x-ms-tags'] === undefined ? [] : [`${BLOBS}/tags/write`])];
}

/** @throws Error for a path that is not well encoded */
function targetOf({ method = 'GET', url = '/' }: StorageRequest): Target {
  const [path = '', search = ''] = url.split(/\?(.*)/s);
  const query = new URLSearchParams(search);
  const [container = '', ...blob] = decodedPath(path).replace(/^\//, '').split('/');
  const word = (name: string): string => query.getAll(name).join().toLowerCase();
  return { method, comp: word('comp'), restype: word('restype'), container, blob: blob.join('/') };
}

function decodedPath(path: string): string {
  const decoded = decodedUri(path);
  if (decoded === undefined) throw new Error(`the path ${path} is not properly encoded`);
  return decoded;
}

function actionsOf(target: Target, headers: StorageRequest['headers']): string[] {
  if (target.container === '') return accountActions(target);
  return target.blob === '' ? containerActions(target) : blobActions(target, headers);
}

const containerId = ({ resourceId }: Account, container: string): string =>
  `${resourceId}/blobServices/default/containers/${container}`;

/** The blob that is copied from: Azurite asks nobody when it is in the same account. @throws Error when it is no URL */
function copyNeeds(account: Account, { 'x-ms-copy-source': source }: StorageRequest['headers']): Need[] {
  if (source === undefined) return [];
  const { container } = targetOf({ headers: {}, url: new URL(String(source)).pathname });
  return [{ plane: 'data', resourceId: containerId(account, container), action: `${BLOBS}/read` }];
}

/**
 * What roles must allow for a request (storage, "Authorize with Microsoft Entra ID", permissions for blob service
 * operations): blobs are data, containers are resources.
 *
 * @throws Error for a path or copy source that cannot be read
 */
export function needsOf(request: StorageRequest, account: Account): Need[] {
  const target = targetOf(request);
  const resourceId = target.container === '' ? account.resourceId : containerId(account, target.container);
  const needs = actionsOf(target, request.headers).map((action): Need => {
    return { plane: action.startsWith(BLOBS) ? 'data' : 'control', resourceId, action };
  });
  return [...needs, ...copyNeeds(account, request.headers)];
}
