import { LedgerStorage, type LedgerStorageArgs } from '../../../infra/components/ledger-storage';
import { inputsOf, record } from './recorder';
import { settled } from './values';

const common = { resourceGroupName: 'g', location: 'westeurope' };
const ledger = (args: Partial<LedgerStorageArgs> = {}) => record(() => new LedgerStorage('l', { ...common, ...args }));

it('closes the account to keys, the public and old TLS', async () => {
  const { resources } = await ledger();

  expect(inputsOf(resources, 'storage:StorageAccount')).toEqual({
    l: {
      ...common,
      tags: {},
      kind: 'StorageV2',
      sku: { name: 'Standard_LRS' },
      allowBlobPublicAccess: false,
      allowCrossTenantReplication: false,
      allowSharedKeyAccess: false,
      defaultToOAuthAuthentication: true,
      enableHttpsTrafficOnly: true,
      minimumTlsVersion: 'TLS1_2',
    },
  });
});

it('keeps versions and what was deleted, in a container for records and one for audits', async () => {
  const { resources, made } = await ledger({ redundancy: 'GRS' });

  expect(inputsOf(resources, 'storage:BlobServiceProperties')['l-blobs']).toMatchObject({
    accountName: 'l',
    blobServicesName: 'default',
    isVersioningEnabled: true,
    deleteRetentionPolicy: { enabled: true, days: 14 },
    containerDeleteRetentionPolicy: { enabled: true, days: 14 },
  });
  expect(inputsOf(resources, 'storage:BlobContainer')).toMatchObject({
    'l-container': { containerName: 'ledger', publicAccess: 'None' },
    'l-audit': { containerName: 'audit', publicAccess: 'None' },
  });
  expect(inputsOf(resources, 'storage:StorageAccount')).toMatchObject({ l: { sku: { name: 'Standard_GRS' } } });
  expect(await settled(made.blobEndpoint)).toBe('https://l.blob.test/');
});

it('has no rules and no immutability that nobody asked for', async () => {
  const { resources } = await ledger();

  expect(inputsOf(resources, 'storage:ManagementPolicy')).toEqual({});
  expect(inputsOf(resources, 'storage:BlobContainerImmutabilityPolicy')).toEqual({});
});

it('ages records, not audits, and old versions with them', async () => {
  const { resources } = await ledger({ coolAfterDays: 30, deleteAfterDays: 365, softDeleteDays: 7 });

  expect(inputsOf(resources, 'storage:ManagementPolicy')['l-lifecycle']).toMatchObject({
    policy: {
      rules: [
        {
          definition: {
            filters: { blobTypes: ['blockBlob'], prefixMatch: ['l-container/'] },
            actions: {
              baseBlob: {
                tierToCool: { daysAfterModificationGreaterThan: 30 },
                delete: { daysAfterModificationGreaterThan: 365 },
              },
              version: { delete: { daysAfterCreationGreaterThan: 7 } },
            },
          },
        },
      ],
    },
  });
});

it('makes audits immutable for the days that are asked for, and leaves the policy unlocked', async () => {
  const { resources } = await ledger({ immutableDays: 2555 });

  expect(inputsOf(resources, 'storage:BlobContainerImmutabilityPolicy')).toEqual({
    'l-audit-kept': {
      resourceGroupName: 'g',
      accountName: 'l',
      containerName: 'l-audit',
      immutabilityPolicyName: 'default',
      immutabilityPeriodSinceCreationInDays: 2555,
      allowProtectedAppendWrites: true,
    },
  });
});

it('makes the tables that are named', async () => {
  const { resources, made } = await ledger({ tables: ['DeviceState'] });

  expect(inputsOf(resources, 'storage:Table')).toMatchObject({ 'l-DeviceState': { tableName: 'DeviceState' } });
  expect(Object.keys(made.tableIds)).toEqual(['DeviceState']);
});

it('lets in the addresses that are named, and the services of Azure that sign in', async () => {
  const { resources } = await ledger({ network: { allowedIps: ['203.0.113.7'] } });

  expect(inputsOf(resources, 'storage:StorageAccount')['l']).toMatchObject({
    publicNetworkAccess: 'Enabled',
    networkRuleSet: {
      bypass: 'AzureServices',
      defaultAction: 'Deny',
      ipRules: [{ action: 'Allow', iPAddressOrRange: '203.0.113.7' }],
    },
  });
});

it('lists all problems at once, before anything is made', () => {
  const args = { coolAfterDays: 9, deleteAfterDays: 9, immutableDays: 0, softDeleteDays: 366, tables: ['1st'] };

  expect(() => new LedgerStorage('l', { ...common, ...args, network: { allowedIps: ['x'] } })).toThrow(
    /coolAfterDays: 9, must be less.*\n.*allowedIps: x.*\n.*immutableDays: 0.*\n.*softDeleteDays: 366.*\n.*tables: 1st/,
  );
});

it('has a container for assignments when asked, whose old versions go', async () => {
  const { resources, made } = await ledger({ allocationsContainer: 'allocations', softDeleteDays: 3 });

  expect(inputsOf(resources, 'storage:BlobContainer')).toMatchObject({
    'l-allocations': { containerName: 'allocations', publicAccess: 'None' },
  });
  expect(inputsOf(resources, 'storage:ManagementPolicy')).toMatchObject({
    'l-lifecycle': {
      policy: { rules: [{ definition: { actions: { version: { delete: { daysAfterCreationGreaterThan: 3 } } } } }] },
    },
  });
  expect(made.allocations).toBeDefined();
  expect((await ledger()).made.allocations).toBeUndefined();
});
