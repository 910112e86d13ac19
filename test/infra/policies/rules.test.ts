import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Declared, UNKNOWN } from '../../../infra/policies/declared';
import { RULES, violationsOf } from '../../../infra/policies/rules';

const one = (type: string, props: Record<string, unknown>, name = 'r'): Declared => ({ type, name, props });
const hub = (properties: Record<string, unknown>, rest: Record<string, unknown> = {}): Declared =>
  one('azure-native:iothub:IotHubResource', {
    ...rest,
    properties: { authorizationPolicies: [], minTlsVersion: '1.2', ...properties },
  });
const dps = (properties: Record<string, unknown>): Declared =>
  one('azure-native:deviceprovisioningservices:IotDpsResource', { properties });
const account = (props: Record<string, unknown>): Declared =>
  one('azure-native:storage:StorageAccount', {
    allowBlobPublicAccess: false,
    allowSharedKeyAccess: false,
    enableHttpsTrafficOnly: true,
    minimumTlsVersion: 'TLS1_2',
    ...props,
  });
const space = (props: Record<string, unknown>): Declared =>
  one('azure-native:eventhub:Namespace', { disableLocalAuth: true, minimumTlsVersion: '1.2', ...props });
const webApp = (props: Record<string, unknown>): Declared =>
  one('azure-native:web:WebApp', { httpsOnly: true, siteConfig: { minTlsVersion: '1.2' }, ...props });
const group = (props: Record<string, unknown>, name = 'r'): Declared =>
  one('pulumi-nodejs:dynamic/groundswell:EnrollmentGroup', props, name);
const policies = (...names: string[]) => ({
  authorizationPolicies: names.map((keyName) => ({ keyName, rights: 'ServiceConnect' })),
});
const rights = (list: string) => ({ authorizationPolicies: [{ keyName: 'mine', rights: list }] });
const link = (allocationWeight?: number, applyAllocationPolicy?: boolean) => ({
  allocationWeight,
  applyAllocationPolicy,
});
const times = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const NEVER = { updateHubAssignment: false, migrateDeviceData: false };
const keyed = { name: 'e', authenticationType: 'keyBased' };
const asIdentity = { name: 'e', authenticationType: 'identityBased' };

/** By rule: what keeps it, what breaks it, and what the message says. */
const CASES: [string, Declared[], Declared[], string][] = [
  ['no-owner-policy', [hub(policies('provisioningLink'))], [hub(policies('iothubowner'))], '"iothubowner" may do'],
  [
    'no-owner-policy',
    [hub(rights('RegistryRead, RegistryWrite, ServiceConnect'))],
    [hub(rights('RegistryRead, RegistryWrite, ServiceConnect, DeviceConnect'))],
    '"mine" may do everything',
  ],
  [
    'no-owner-policy',
    [hub({ authorizationPolicies: undefined, disableLocalAuth: true })],
    [hub({ authorizationPolicies: undefined })],
    'not set, which gives the hub iothubowner',
  ],
  ['no-owner-policy', [dps(policies('enrollments'))], [dps(policies('provisioningserviceowner'))], 'may do everything'],
  [
    'policy-quota',
    [hub(policies(...times(16, String)))],
    [hub(policies(...times(17, String)))],
    '17, must be at most 16',
  ],
  [
    'policy-quota',
    [dps(policies(...times(16, String)))],
    [dps(policies(...times(17, String)))],
    '17, must be at most 16',
  ],
  ['keys-off', [account({})], [account({ allowSharedKeyAccess: undefined })], 'allowSharedKeyAccess: not set'],
  ['keys-off', [space({})], [space({ disableLocalAuth: false })], 'disableLocalAuth: false, must be true'],
  [
    'keys-off',
    [hub({ routing: { endpoints: { eventHubs: [asIdentity] } } })],
    [hub({ routing: { endpoints: { eventHubs: [keyed] } } })],
    'properties.routing.endpoints.eventHubs.e.authenticationType: "keyBased", must be "identityBased"',
  ],
  [
    'keys-off',
    [hub({ storageEndpoints: { $default: asIdentity } })],
    [hub({ storageEndpoints: { $default: {} } })],
    'properties.storageEndpoints.$default.authenticationType: not set',
  ],
  ['tls-1-2', [hub({})], [hub({ minTlsVersion: undefined })], 'properties.minTlsVersion: not set, must be "1.2"'],
  ['tls-1-2', [account({})], [account({ minimumTlsVersion: 'TLS1_1' })], 'minimumTlsVersion: "TLS1_1"'],
  ['tls-1-2', [account({})], [account({ enableHttpsTrafficOnly: false })], 'enableHttpsTrafficOnly: false'],
  ['tls-1-2', [space({})], [space({ minimumTlsVersion: '1.0' })], 'minimumTlsVersion: "1.0"'],
  ['tls-1-2', [webApp({})], [webApp({ httpsOnly: false })], 'httpsOnly: false'],
  ['private-storage', [account({})], [account({ allowBlobPublicAccess: true })], 'allowBlobPublicAccess: true'],
  [
    'private-storage',
    [
      one('azure-native:storage:BlobContainer', {}),
      one('azure-native:storage:BlobContainer', { publicAccess: 'None' }),
    ],
    [one('azure-native:storage:BlobContainer', { publicAccess: 'Blob' })],
    'publicAccess: "Blob", must be not set or "None"',
  ],
  [
    'standard-hub',
    [hub({}, { sku: { name: 'S1' } }), hub({}, { sku: { name: 'B1' }, tags: { rollouts: 'off' } })],
    [hub({}, { sku: { name: 'B1' } })],
    'sku.name: "B1" has no twins, methods and jobs',
  ],
  [
    'standard-hub',
    [hub({ eventHubEndpoints: { events: { partitionCount: 2 } } }, { sku: { name: 'F1' } })],
    [hub({ eventHubEndpoints: { events: { partitionCount: 4 } } }, { sku: { name: 'F1' } })],
    'partitionCount: 4, must be 2 on F1',
  ],
  [
    'allocation-weights',
    [dps({ iotHubs: [link(1000), link()] })],
    [dps({ iotHubs: [link(0), link(1)] })],
    '0, must be 1',
  ],
  [
    'allocation-weights',
    [dps({ iotHubs: [link(1, false), link(1)] }), dps({ iotHubs: [link(1, false)], allocationPolicy: 'Static' })],
    [dps({ iotHubs: [link(1, false)], allocationPolicy: 'Hashed' })],
    'sum to 0, one must take part',
  ],
  ['reprovision-stated', [group({ reprovisionPolicy: NEVER })], [group({})], 'reprovisionPolicy: not set'],
  [
    'reprovision-stated',
    [group({ reprovisionPolicy: NEVER })],
    [group({ reprovisionPolicy: { updateHubAssignment: true } })],
    'reprovisionPolicy.migrateDeviceData: not set, must be true or false',
  ],
  [
    'quotas',
    times(50, () => hub({}, { sku: { name: 'S1' } })),
    times(51, () => hub({}, { sku: { name: 'S1' } })),
    '51 hubs, a subscription has at most 50',
  ],
  [
    'quotas',
    [hub({}, { sku: { name: 'F1' } })],
    times(2, () => hub({}, { sku: { name: 'F1' } })),
    '2 free hubs, a subscription has at most 1',
  ],
  [
    'quotas',
    times(100, () => group({ reprovisionPolicy: NEVER })),
    times(101, () => group({ reprovisionPolicy: NEVER })),
    '101 enrollment groups',
  ],
  ['quotas', [dps({ iotHubs: times(50, () => link()) })], [dps({ iotHubs: times(51, () => link()) })], '51, must be'],
];

it.each(CASES)('%s: lets be what keeps it, and names what breaks it (%#)', (rule, kept, broken, message) => {
  expect(violationsOf(kept)).toEqual([]);
  expect(violationsOf(broken)).toEqual([{ rule, name: 'r', message: expect.stringContaining(message) as string }]);
});

it('has each rule in these cases', () => {
  expect(new Set(CASES.map(([rule]) => rule))).toEqual(new Set(RULES.map(({ name }) => name)));
});

it('judges nothing that a preview does not know', () => {
  const unknown = [
    one('azure-native:iothub:IotHubResource', { properties: UNKNOWN, sku: UNKNOWN }),
    dps({ iotHubs: UNKNOWN, authorizationPolicies: [UNKNOWN] }),
    group({ reprovisionPolicy: UNKNOWN }),
    account({ allowSharedKeyAccess: UNKNOWN, minimumTlsVersion: UNKNOWN }),
  ];

  expect(violationsOf(unknown)).toEqual([]);
});

it('never shows a connection string', () => {
  const secret = 'HostName=h;SharedAccessKeyName=n;SharedAccessKey=hidden';
  const endpoint = { ...keyed, connectionString: secret };

  const found = violationsOf([
    hub({ routing: { endpoints: { eventHubs: [endpoint] } } }),
    dps({ iotHubs: [{ connectionString: secret, allocationWeight: 0 }] }),
  ]);

  expect(found).toHaveLength(3);
  expect(JSON.stringify(found)).not.toContain('hidden');
});

it('is shown in full by docs/policies.md', () => {
  const page = readFileSync(join(__dirname, '../../../docs/policies.md'), 'utf8');

  expect([...page.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name)).toEqual(RULES.map(({ name }) => name));
});
