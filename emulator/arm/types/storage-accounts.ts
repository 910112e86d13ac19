import { randomBytes } from 'node:crypto';

import { z } from 'zod';

import type { Account } from '../../storage/accounts';
import { BLOB_SUFFIX, TABLE_SUFFIX, WEBSITE_SUFFIX } from '../../names';
import type { ArmContext } from '../context';
import { location, parseBody, requireSameLocation, tags } from '../envelope';
import { ArmError, badRequest } from '../errors';
import { nameOf } from '../path';
import { type ArmAnswer, type ArmRequest, ok, type ResourceType } from '../resource-type';
import type { Resource } from '../store';
import { keptType } from './kept';

const NAMESPACE = 'Microsoft.Storage';
export const STORAGE_ACCOUNTS = `${NAMESPACE}/storageAccounts`;

const SKUS = ['LRS', 'GRS', 'RAGRS', 'ZRS', 'GZRS', 'RAGZRS'].map((name) => `Standard_${name}`);

/** The body of a PUT (Storage resource provider, StorageAccountCreateParameters); the rest is recorded as declared. */
const description = z.looseObject({
  location,
  tags: tags.nullish(),
  kind: z.enum(['StorageV2', 'BlobStorage', 'BlockBlobStorage', 'Storage', 'FileStorage']),
  sku: z.looseObject({ name: z.enum([...SKUS, 'Premium_LRS', 'Premium_ZRS']) }),
  properties: z
    .looseObject({
      allowSharedKeyAccess: z.boolean().nullish(),
      allowBlobPublicAccess: z.boolean().nullish(),
      minimumTlsVersion: z.enum(['TLS1_0', 'TLS1_1', 'TLS1_2', 'TLS1_3']).nullish(),
      supportsHttpsTrafficOnly: z.boolean().nullish(),
    })
    .nullish(),
});
type Description = z.infer<typeof description>;

const isAccountName = (name: string): boolean => /^[a-z0-9]{3,24}$/.test(name);
const newKey = (): string => randomBytes(64).toString('base64');

/** Keys of the accounts by name; they are in no resource. */
export class AccountKeys {
  readonly #keys = new Map<string, [string, string]>();

  of(account: string): [string, string] {
    const keys = this.#keys.get(account) ?? [newKey(), newKey()];
    this.#keys.set(account, keys);
    return keys;
  }

  regenerate(account: string, index: 0 | 1): void {
    this.of(account)[index] = newKey();
  }

  forget(account: string): void {
    this.#keys.delete(account);
  }
}

/** What the blob service is told of an account. Azure's defaults: shared keys on, public access off. */
export function accountOf({ id, name, properties }: Resource, keys: AccountKeys): Account {
  return {
    name,
    resourceId: id,
    keys: keys.of(name),
    allowSharedKeyAccess: properties['allowSharedKeyAccess'] !== false,
    allowBlobPublicAccess: properties['allowBlobPublicAccess'] === true,
  };
}

function accountResource(id: string, name: string, declared: Description, existing: Resource | undefined): Resource {
  const { properties, tags: own, sku, ...envelope } = declared;
  return {
    ...envelope,
    id: existing?.id ?? id,
    name,
    type: STORAGE_ACCOUNTS,
    tags: own ?? {},
    sku: skuOf(sku),
    properties: {
      allowBlobPublicAccess: false,
      allowSharedKeyAccess: true,
      minimumTlsVersion: 'TLS1_2',
      supportsHttpsTrafficOnly: true,
      accessTier: 'Hot',
      ...properties,
      creationTime: existing?.properties['creationTime'] ?? new Date().toISOString(),
      provisioningState: 'Succeeded',
      primaryLocation: declared.location,
      statusOfPrimary: 'available',
      primaryEndpoints: endpointsOf(name),
    },
  };
}

/** Blobs, tables and static websites are served; the other names have the form of the real ones and lead nowhere. */
const endpointsOf = (name: string): Readonly<Record<string, string>> => ({
  blob: `https://${name}.${BLOB_SUFFIX}/`,
  table: `https://${name}.${TABLE_SUFFIX}/`,
  web: `https://${name}.${WEBSITE_SUFFIX}/`,
  ...Object.fromEntries(UNSERVED.map((service) => [service, `https://${name}.${service}.azure.test/`])),
});
const UNSERVED = ['dfs', 'file', 'queue'] as const;

/** Account names are global, as their host names are. */
function requireFreeName({ store, subscriptionId }: ArmContext, name: string): void {
  if (!isAccountName(name)) {
    const text = `${name} is not a valid storage account name. It must be 3 to 24 characters long, lower-case letters and digits only.`;
    throw badRequest(text, 'AccountNameInvalid');
  }
  const taken = store.below(`/subscriptions/${subscriptionId}`, STORAGE_ACCOUNTS).some((one) => one.name === name);
  if (taken)
    throw new ArmError(409, 'StorageAccountAlreadyTaken', `The storage account named ${name} is already taken.`);
}

async function put(context: ArmContext, keys: AccountKeys, request: ArmRequest): Promise<ArmAnswer> {
  const existing = context.store.get(request.id);
  const name = existing?.name ?? nameOf(request.path);
  if (existing === undefined) requireFreeName(context, name);
  const declared = parseBody(description, request.body);
  requireSameLocation(existing, declared.location);
  const resource = accountResource(request.id, name, declared, existing);
  await context.storage.putAccount(accountOf(resource, keys));
  return ok(context.store.put(resource));
}

/** The body of a PATCH (StorageAccountUpdateParameters): what is given replaces what there is. */
const update = z.looseObject({
  tags: tags.nullish(),
  kind: description.shape.kind.optional(),
  sku: description.shape.sku.optional(),
  properties: description.shape.properties,
});

async function patch(context: ArmContext, keys: AccountKeys, request: ArmRequest): Promise<ArmAnswer | undefined> {
  const existing = context.store.get(request.id);
  if (existing === undefined) return undefined;
  const { properties, tags: own, sku, ...envelope } = parseBody(update, request.body);
  if ('location' in envelope) throw badRequest('location: cannot be changed', 'InvalidRequestPropertyValue');
  const resource = {
    ...existing,
    ...envelope,
    tags: own ?? existing.tags ?? {},
    ...(sku && { sku: skuOf(sku) }),
    properties: { ...existing.properties, ...given(properties) },
  };
  await context.storage.putAccount(accountOf(resource, keys));
  return ok(context.store.put(resource));
}

/** Without what the service says of itself: `provisioningState` and the like are no input. */
function given(properties: z.infer<typeof update>['properties']): Record<string, unknown> {
  const own = ['creationTime', 'provisioningState', 'primaryLocation', 'statusOfPrimary', 'primaryEndpoints'];
  return Object.fromEntries(
    Object.entries(properties ?? {}).filter(([name, value]) => value !== null && !own.includes(name)),
  );
}

const skuOf = (sku: Description['sku']): object => ({ ...sku, tier: sku.name.split('_', 1)[0] });

const keyList = ([key1, key2]: readonly [string, string]): ArmAnswer =>
  ok({
    keys: [
      { keyName: 'key1', value: key1, permissions: 'FULL' },
      { keyName: 'key2', value: key2, permissions: 'FULL' },
    ],
  });

async function regenerateKey(
  context: ArmContext,
  keys: AccountKeys,
  request: ArmRequest,
): Promise<ArmAnswer | undefined> {
  const account = context.store.get(request.id);
  if (account === undefined) return undefined;
  const { keyName } = parseBody(z.object({ keyName: z.enum(['key1', 'key2']) }), request.body);
  keys.regenerate(account.name, keyName === 'key1' ? 0 : 1);
  await context.storage.putAccount(accountOf(account, keys));
  return keyList(keys.of(account.name));
}

/** Storage accounts: blobs and tables, served under `<account>.blob.azure.test` and `<account>.table.azure.test`. */
export function storageAccounts(context: ArmContext, keys = new AccountKeys()): ResourceType {
  const release = async ({ name }: Resource): Promise<void> => {
    await context.storage.deleteAccount(name);
    keys.forget(name);
  };
  return {
    ...keptType(context, STORAGE_ACCOUNTS),
    put: (request) => put(context, keys, request),
    patch: (request) => patch(context, keys, request),
    async delete({ id }) {
      const account = context.store.get(id);
      if (account === undefined) return { status: 204 };
      await release(account);
      context.store.deleteTree(account.id);
      return { status: 200 };
    },
    actions: {
      listkeys: ({ id }) => {
        const account = context.store.get(id);
        return account && keyList(keys.of(account.name));
      },
      regeneratekey: (request) => regenerateKey(context, keys, request),
    },
    release,
  };
}
