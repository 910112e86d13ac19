import type { HubEndpoint, IotHubArgs } from '../../../infra/components/iot-hub-args';
import { hubProblems } from '../../../infra/components/iot-hub-problems';
import { hubArgsOf } from '../../../infra/components/iot-hub-properties';
import { settled } from './values';

const common = { resourceGroupName: 'g', location: 'westeurope' };
const hub = (args: Partial<IotHubArgs> = {}): IotHubArgs => ({ ...common, ...args });
const policy = (keyName: string, rights: string) => ({ keyName, rights });
const SERVICE = policy('serviceAndRegistryReadWrite', 'RegistryRead, RegistryWrite, ServiceConnect');
const LINK = policy('provisioningLink', 'RegistryWrite, ServiceConnect');

it.each([
  ['entra, not linked', {}, [], true],
  ['entra, linked', { linked: true }, [LINK], false],
  ['sas, not linked', { auth: 'sas' }, [SERVICE], false],
  ['sas, linked', { auth: 'sas', linked: true }, [SERVICE, LINK], false],
] as const)(
  'has no more policies than something needs: %s',
  async (_, args, authorizationPolicies, disableLocalAuth) => {
    const { properties } = await settled(hubArgsOf(hub(args)));

    expect(properties).toMatchObject({ authorizationPolicies, disableLocalAuth });
  },
);

it('is an S1 with 4 partitions and TLS 1.2, open to all addresses, and gives all messages to the built-in endpoint', async () => {
  expect(await settled(hubArgsOf(hub()))).toEqual({
    ...common,
    tags: {},
    sku: { name: 'S1', capacity: 1 },
    properties: {
      authorizationPolicies: [],
      disableLocalAuth: true,
      minTlsVersion: '1.2',
      eventHubEndpoints: { events: { partitionCount: 4, retentionTimeInDays: 1 } },
      routing: {
        endpoints: { eventHubs: [], storageContainers: [] },
        routes: [],
        fallbackRoute: {
          name: '$fallback',
          source: 'DeviceMessages',
          condition: 'true',
          endpointNames: ['events'],
          isEnabled: true,
        },
      },
    },
  });
});

it('has two partitions when it is free', async () => {
  expect(await settled(hubArgsOf(hub({ sku: 'F1' })))).toMatchObject({
    sku: { name: 'F1', capacity: 1 },
    properties: { eventHubEndpoints: { events: { partitionCount: 2 } } },
  });
});

it('opens endpoints and uploads as an identity, with no key', async () => {
  const endpoints: HubEndpoint[] = [
    { kind: 'eventHub', name: 'telemetry', endpointUri: 'sb://n.servicebus.windows.net', entityPath: 'e' },
    { kind: 'storage', name: 'cold', endpointUri: 'https://a.blob.core.windows.net/', containerName: 'c' },
  ];
  const args = hub({
    identityId: '/id',
    endpoints,
    routes: [{ name: 'all', endpoint: 'telemetry' }],
    enrichments: [{ key: 'hub', value: 'west', endpoint: 'telemetry' }],
    fileUpload: { accountName: 'a', containerName: 'uploads' },
  });

  const { identity, properties } = await settled(hubArgsOf(args));

  const asIdentity = { authenticationType: 'identityBased', identity: { userAssignedIdentity: '/id' } };
  expect(identity).toEqual({ type: 'UserAssigned', userAssignedIdentities: ['/id'] });
  expect(properties?.routing).toMatchObject({
    endpoints: {
      eventHubs: [{ name: 'telemetry', endpointUri: 'sb://n.servicebus.windows.net', entityPath: 'e', ...asIdentity }],
      storageContainers: [{ name: 'cold', containerName: 'c', encoding: 'JSON', ...asIdentity }],
    },
    routes: [{ name: 'all', source: 'DeviceMessages', condition: 'true', endpointNames: ['telemetry'] }],
    enrichments: [{ key: 'hub', value: 'west', endpointNames: ['telemetry'] }],
  });
  expect(properties?.storageEndpoints?.['$default']).toEqual({
    connectionString: 'DefaultEndpointsProtocol=https;AccountName=a;EndpointSuffix=core.windows.net',
    containerName: 'uploads',
    sasTtlAsIso8601: 'PT60M',
    ...asIdentity,
  });
  expect(JSON.stringify(properties)).not.toContain('SharedAccessKey');
});

it('lets in the addresses that are named, and with none named only private endpoints', async () => {
  const some = await settled(hubArgsOf(hub({ network: { allowedIps: ['203.0.113.0/24'] } })));
  const none = await settled(hubArgsOf(hub({ network: { allowedIps: [] } })));

  expect(some.properties).toMatchObject({
    publicNetworkAccess: 'Enabled',
    networkRuleSets: {
      defaultAction: 'Deny',
      applyToBuiltInEventHubEndpoint: true,
      ipRules: [{ filterName: 'allowed-0', action: 'Allow', ipMask: '203.0.113.0/24' }],
    },
  });
  expect(none.properties).toMatchObject({ publicNetworkAccess: 'Disabled', networkRuleSets: { ipRules: [] } });
});

it('marks a Basic hub, so that the policies let it be', async () => {
  const { tags } = await settled(hubArgsOf(hub({ sku: 'B1', rollouts: false, tags: { team: 'a' } })));

  expect(tags).toEqual({ team: 'a', rollouts: 'off' });
});

const enrichments = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: 'v', endpoint: 'events' }));

const TWO_OF_A_NAME: HubEndpoint[] = ['x', 'x'].map((name) => ({
  kind: 'storage',
  name,
  endpointUri: 'u',
  containerName: 'c',
}));

it.each([
  [{ sku: 'S9' as 'S1' }, 'sku: S9, must be one of F1, B1, B2, B3, S1, S2, S3'],
  [{ sku: 'F1', units: 2 }, 'units: 2, F1 has 1 to 1'],
  [{ sku: 'S3', units: 11 }, 'units: 11, S3 has 1 to 10'],
  [{ partitions: 33 }, 'partitions: 33, S1 has 2 to 32'],
  [{ sku: 'F1', partitions: 4 }, 'partitions: 4, F1 has 2'],
  [{ retentionDays: 8 }, 'retentionDays: 8, S1 keeps messages 1 to 7 days'],
  [{ sku: 'F1', retentionDays: 2 }, 'retentionDays: 2, F1 keeps messages 1 day'],
  [{ sku: 'B2' }, 'sku: B2, but rollouts need twins, methods and jobs: F1, S1, S2 or S3, or rollouts: false'],
  [{ routes: [{ name: 'r', endpoint: 'nowhere' }] }, 'routes.r.endpoint: nowhere, must be one of events'],
  [
    { enrichments: [{ key: 'hub', value: 'v', endpoint: 'nowhere' }] },
    'enrichments.hub.endpoint: nowhere, must be one of events',
  ],
  [{ enrichments: enrichments(11) }, 'enrichments: 11, a hub has 10'],
  [{ sku: 'F1', enrichments: enrichments(3) }, 'enrichments: 3, a hub has 2'],
  [{ consumerGroups: ['a', 'a'] }, 'consumerGroups: a is there twice'],
  [{ consumerGroups: ['$Default'] }, 'consumerGroups: $Default is there twice'],
  [{ identityId: '/id', endpoints: TWO_OF_A_NAME }, 'endpoints: x is there twice'],
  [{ endpoints: TWO_OF_A_NAME.slice(1) }, 'identityId: missing, endpoints are opened with an identity'],
  [{ fileUpload: { accountName: 'a', containerName: 'c' } }, 'identityId: missing, fileUpload opens storage'],
  [{ network: { allowedIps: ['fe80::1'] } }, 'network.allowedIps: fe80::1, must be an IPv4 address or range'],
  [{ network: { allowedIps: ['10.0.0.0/33'] } }, 'network.allowedIps: 10.0.0.0/33, must be'],
] satisfies [Partial<IotHubArgs>, string][])('refuses %j', (args, problem) => {
  expect(hubProblems(hub(args))).toEqual([expect.stringContaining(problem)]);
});

it('lists all problems at once, before anything is made', () => {
  expect(() => hubArgsOf(hub({ units: 0, partitions: 1, retentionDays: 0 }))).toThrow(
    /units: 0.*\n.*partitions: 1.*\n.*retentionDays: 0/,
  );
});
