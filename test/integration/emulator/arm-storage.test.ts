import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';

import { eventually } from '../../support/eventually';
import { assignRole, BLOB_DATA_CONTRIBUTOR, BLOB_DATA_READER, unassign } from '../../support/roles';

const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const group = `blobs-${randomBytes(4).toString('hex')}`;
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}`;
const credential = new DefaultAzureCredential();

async function arm(
  method: string,
  path: string,
  body?: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const { token } = await credential.getToken('https://management.azure.com/.default');
  const response = await fetch(`https://management.azure.test${path}?api-version=2024-01-01`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers },
    ...(body && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text === '' ? '{}' : text) as Record<string, unknown> };
}

const accountPath = (name: string): string => `${GROUP}/providers/Microsoft.Storage/storageAccounts/${name}`;
const createAccount = async (properties: object = {}): Promise<string> => {
  const name = `acc${randomBytes(6).toString('hex')}`;
  const body = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' }, properties };
  expect(await arm('PUT', accountPath(name), body)).toMatchObject({ status: 200 });
  return name;
};
const containerPath = (account: string, container: string): string =>
  `${accountPath(account)}/blobServices/default/containers/${container}`;

const FAST = { retryOptions: { maxTries: 1 } };
const blobsOf = (account: string) => new BlobServiceClient(`https://${account}.blob.azure.test`, credential, FAST);
async function keyClient(account: string): Promise<BlobServiceClient> {
  const { body } = await arm('POST', `${accountPath(account)}/listKeys`);
  const [key] = body['keys'] as { value: string }[];
  const shared = new StorageSharedKeyCredential(account, key?.value ?? '');
  return new BlobServiceClient(`https://${account}.blob.azure.test`, shared, FAST);
}

beforeAll(async () => {
  await arm('PUT', GROUP, { location: 'westeurope' });
});
afterAll(async () => {
  await arm('DELETE', GROUP);
});

it('keeps blobs of an account, written with an Entra ID token, while other accounts come and go', async () => {
  const account = await createAccount();
  await assignRole(credential, accountPath(account), BLOB_DATA_CONTRIBUTOR);
  await arm('PUT', containerPath(account, 'ledger'), {});
  const blob = blobsOf(account).getContainerClient('ledger').getBlockBlobClient('plan/1.json');

  await blob.upload('{}', 2, { conditions: { ifNoneMatch: '*' } });
  const other = await createAccount();
  await arm('DELETE', accountPath(other));

  expect((await blob.downloadToBuffer()).toString()).toBe('{}');
  await expect(blob.upload('x', 1, { conditions: { ifNoneMatch: '*' } })).rejects.toMatchObject({ statusCode: 409 });
});

it('opens blobs to those with a role for data, also when it comes or goes later, and not to the mere owner', async () => {
  const account = await createAccount();
  await arm('PUT', containerPath(account, 'mine'), {});
  const mine = blobsOf(account).getContainerClient('mine').getBlockBlobClient('b');
  const mismatch = { statusCode: 403, code: 'AuthorizationPermissionMismatch' };
  await expect(mine.upload('x', 1)).rejects.toMatchObject(mismatch);

  const writer = await assignRole(credential, containerPath(account, 'mine'), BLOB_DATA_CONTRIBUTOR);
  await mine.upload('x', 1);
  const other = blobsOf(account).getContainerClient('other');
  await other.create();
  await expect(other.getBlockBlobClient('b').upload('x', 1)).rejects.toMatchObject(mismatch);

  await unassign(credential, writer);
  await assignRole(credential, GROUP, BLOB_DATA_READER);
  expect((await mine.downloadToBuffer()).toString()).toBe('x');
  await expect(mine.delete()).rejects.toMatchObject(mismatch);
});

it('opens to the account key unless shared keys are switched off, also later', async () => {
  const account = await createAccount({ allowSharedKeyAccess: true });
  const byKey = await keyClient(account);
  await byKey.createContainer('with-key');

  const off = {
    location: 'westeurope',
    kind: 'StorageV2',
    sku: { name: 'Standard_LRS' },
    properties: { allowSharedKeyAccess: false },
  };
  await arm('PUT', accountPath(account), off);

  await expect(byKey.createContainer('more')).rejects.toMatchObject({
    statusCode: 403,
    code: 'KeyBasedAuthenticationNotPermitted',
  });
  expect(await blobsOf(account).getContainerClient('with-key').exists()).toBe(true);
});

it('gives the regenerated key effect and takes it from the old one', async () => {
  const account = await createAccount();
  const old = await keyClient(account);
  await old.createContainer('before');

  await arm('POST', `${accountPath(account)}/regenerateKey`, { keyName: 'key1' });

  await expect(old.createContainer('after')).rejects.toMatchObject({ code: 'InvalidAuthenticationInfo' });
  await (await keyClient(account)).createContainer('after');
});

it('refuses a token that Entra ID did not sign, and a token for another service', async () => {
  const account = await createAccount();
  const forged = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
  const { token } = await credential.getToken('https://management.azure.com/.default');
  const list = async (bearer: string): Promise<number> => {
    const headers = { authorization: `Bearer ${bearer}`, 'x-ms-version': '2023-11-03' };
    return (await fetch(`https://${account}.blob.azure.test/?comp=list`, { headers })).status;
  };

  expect(await list(`${forged}.${token.split('.')[1] ?? ''}.`)).toBe(401);
  expect(await list(token)).toBe(403);
});

it('shows containers of the data plane in the Resource Manager, and deletes them', async () => {
  const account = await createAccount();
  await blobsOf(account).createContainer('by-data-plane');

  const found = await arm('GET', containerPath(account, 'by-data-plane'));
  const listed = await arm('GET', `${accountPath(account)}/blobServices/default/containers`);
  const deleted = await arm('DELETE', containerPath(account, 'by-data-plane'));

  expect(found).toMatchObject({ status: 200, body: { name: 'by-data-plane', properties: { publicAccess: 'None' } } });
  expect(listed.body['value']).toHaveLength(1);
  expect(deleted.status).toBe(200);
  expect(await arm('GET', containerPath(account, 'by-data-plane'))).toMatchObject({ status: 404 });
});

it('refuses names, containers and public access that Azure refuses', async () => {
  const account = await createAccount();

  expect(await arm('PUT', accountPath('Not_Valid'), {})).toMatchObject({
    status: 400,
    body: { error: { code: 'AccountNameInvalid' } },
  });
  expect(await arm('PUT', containerPath(account, 'x'), {})).toMatchObject({ status: 400 });
  expect(await arm('PUT', containerPath(account, 'open'), { properties: { publicAccess: 'Blob' } })).toMatchObject({
    status: 409,
    body: { error: { code: 'PublicAccessNotPermitted' } },
  });
});

it('forgets all data with the account', async () => {
  const account = await createAccount();
  await blobsOf(account).createContainer('old-data');

  expect((await arm('DELETE', accountPath(account))).status).toBe(200);
  const body = { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } };
  await arm('PUT', accountPath(account), body);

  expect(await blobsOf(account).getContainerClient('old-data').exists()).toBe(false);
});

describe('the blob service of an emulator that is killed', () => {
  let stateDir: string;
  let emulator: ChildProcess | undefined;

  beforeEach(async () => {
    stateDir = await mkdtemp(join(tmpdir(), 'emulator-'));
  });
  afterEach(async () => {
    emulator?.kill('SIGKILL');
    await rm(stateDir, { recursive: true, force: true });
  });

  it('ends with it', async () => {
    const main = resolve(__dirname, '../../../emulator/dist/main.js');
    emulator = spawn(process.execPath, [main, 'start', '--state', stateDir, '--json'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (emulator.stdout) await once(emulator.stdout, 'data');
    const children = execFileSync('pgrep', ['-P', String(emulator.pid)])
      .toString()
      .trim()
      .split('\n')
      .map(Number);
    expect(children).toHaveLength(1);

    emulator.kill('SIGKILL');
    await once(emulator, 'exit');

    await eventually(() => expect(children.filter(isAlive)).toEqual([]));
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it('keeps lifecycle rules, retention and a container’s policy, and refuses what Azure would', async () => {
  const account = await createAccount();
  const days = (value: number) => ({ properties: { deleteRetentionPolicy: { enabled: true, days: value } } });
  const rule = (name: string) => ({
    name,
    enabled: true,
    type: 'Lifecycle',
    definition: {
      filters: { blobTypes: ['blockBlob'] },
      actions: { baseBlob: { delete: { daysAfterModificationGreaterThan: 90 } } },
    },
  });
  const rules = (...names: string[]) => ({ properties: { policy: { rules: names.map(rule) } } });
  const lifecycle = `${accountPath(account)}/managementPolicies/default`;
  const service = `${accountPath(account)}/blobServices/default`;
  const table = (name: string) => arm('PUT', `${accountPath(account)}/tableServices/default/tables/${name}`, {});

  expect(await arm('PUT', service, days(7))).toMatchObject({ status: 200, body: { name: 'default' } });
  expect(await arm('PUT', service, days(366))).toMatchObject({ status: 400 });
  expect(await arm('PUT', lifecycle, rules('old'))).toMatchObject({ status: 200 });
  expect(await arm('PUT', lifecycle, rules('old', 'old'))).toMatchObject({ status: 400 });
  expect(await arm('GET', lifecycle)).toMatchObject({ body: { properties: { policy: { rules: [{ name: 'old' }] } } } });
  expect(await table('DeviceState')).toMatchObject({ status: 200 });
  expect(await table('device-state')).toMatchObject({ status: 400 });
});

it('lets a policy of retention change until it is locked, and then keeps the container', async () => {
  const account = await createAccount();
  const container = containerPath(account, 'audit');
  const policy = `${container}/immutabilityPolicies/default`;
  const period = (value: number) => ({ properties: { immutabilityPeriodSinceCreationInDays: value } });
  await arm('PUT', container, {});

  expect(await arm('PUT', policy, period(30))).toMatchObject({ status: 200 });
  expect(await arm('PUT', policy, period(7))).toMatchObject({ body: { properties: { state: 'Unlocked' } } });
  expect(await arm('POST', `${policy}/lock`)).toMatchObject({ status: 400 });
  expect(await arm('POST', `${policy}/lock`, {}, { 'if-match': '*' })).toMatchObject({ status: 200 });
  expect(await arm('PUT', policy, period(1))).toMatchObject({ status: 409 });
  expect(await arm('DELETE', container)).toMatchObject({
    status: 409,
    body: { error: { code: 'ContainerProtectedFromDeletion' } },
  });
  expect(await arm('GET', container)).toMatchObject({ body: { properties: { hasImmutabilityPolicy: true } } });
});

it('makes no container public in an account that forbids it', async () => {
  const account = await createAccount({ allowBlobPublicAccess: false });

  expect(await arm('PUT', containerPath(account, 'open'), { properties: { publicAccess: 'Blob' } })).toMatchObject({
    status: 409,
    body: { error: { code: 'PublicAccessNotPermitted' } },
  });
});
