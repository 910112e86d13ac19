import { AllocationFunction } from '../../../infra/components/allocation-function';
import { FleetRoles } from '../../../infra/components/fleet-roles';
import { defaultKeyOf } from '../../../infra/components/function-app';
import { Telemetry, type TelemetryArgs } from '../../../infra/components/telemetry';
import { isSecret } from '@pulumi/pulumi';
import { inputsOf, record, type Recorded } from './recorder';
import { settled } from './values';

const common = { resourceGroupName: 'g', location: 'westeurope' };
const ROLES = { resourceGroupId: '/g', resourceGroupName: 'g', subscriptionId: 's' };

const telemetry = (more: Partial<TelemetryArgs> = {}) =>
  record(() => {
    const roles = new FleetRoles('roles', ROLES);
    const tables = { DeviceState: '/state' };
    return new Telemetry('t', { ...common, roles, tables, tableEndpoint: 'https://a.table.test/', ...more });
  });
const allocation = () =>
  record(() => {
    const roles = new FleetRoles('roles', ROLES);
    return new AllocationFunction('a', {
      ...common,
      roles,
      ledgerEndpoint: 'https://l.blob.test/',
      allocations: { name: 'allocations', id: '/allocations' },
      service: 'dps-1',
      rules: { default: { newDevices: { 'west.example': 1 } }, groups: {} },
    });
  });

const settingsOf = (resources: readonly Recorded[], app: string): Record<string, string> => {
  const { siteConfig } = inputsOf(resources, 'web:WebApp')[app] as {
    siteConfig: { appSettings: { name: string; value: string }[] };
  };
  return Object.fromEntries(siteConfig.appSettings.map(({ name, value }) => [name, value]));
};

it('closes event hub, SignalR Service, logs and storage to keys', async () => {
  const { resources } = await telemetry();

  for (const type of ['eventhub:Namespace', 'signalrservice:SignalR', 'applicationinsights:Component'])
    expect(Object.values(inputsOf(resources, type))).toEqual([expect.objectContaining({ disableLocalAuth: true })]);
  const accounts = Object.values(inputsOf(resources, 'storage:StorageAccount'));
  expect(accounts).toHaveLength(2);
  for (const account of accounts) expect(account).toMatchObject({ allowSharedKeyAccess: false });
});

it('gives the functions what they find each service by, and no key of it', async () => {
  const { resources } = await telemetry();

  expect(settingsOf(resources, 't-app')).toEqual({
    AzureWebJobsStorage__accountName: 'tapp',
    AzureWebJobsStorage__credential: 'managedidentity',
    AzureWebJobsStorage__clientId: 'client-of-t-app-id',
    APPLICATIONINSIGHTS_CONNECTION_STRING: 'InstrumentationKey=of-t-insights',
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=client-of-t-app-id;Authorization=AAD',
    AZURE_CLIENT_ID: 'client-of-t-app-id',
    Telemetry__fullyQualifiedNamespace: 't-events.servicebus.test',
    Telemetry__credential: 'managedidentity',
    Telemetry__clientId: 'client-of-t-app-id',
    TELEMETRY_EVENT_HUB: 't-events-telemetry',
    TELEMETRY_CONSUMER_GROUP: 't-events-group',
    SIGNALR_ENDPOINT: 'https://t-page.signalr.test',
    TELEMETRY_TABLES_ENDPOINT: 'https://a.table.test/',
    TELEMETRY_SETTINGS: '{}',
  });
});

it('lets the page call the functions and the SignalR Service, and no other page', async () => {
  const { resources, made } = await telemetry();

  const origin = await settled(made.pageUrl);
  expect(origin).toBe('https://tpagesite.web.test');
  expect(inputsOf(resources, 'web:WebApp')['t-app']).toMatchObject({
    httpsOnly: true,
    siteConfig: { cors: { allowedOrigins: [origin], supportCredentials: false } },
  });
  expect(inputsOf(resources, 'signalrservice:SignalR')['t-page']).toMatchObject({
    cors: { allowedOrigins: [origin] },
    features: [{ flag: 'ServiceMode', value: 'Serverless' }],
  });
});

it('tells the functions whose tokens they take, which sites may call, and the settings of the pipeline', async () => {
  const signIn = { authority: 'https://login.test/t1', audience: 'api://telemetry' };
  const origins = ['https://fleet.example.com'];
  const { resources } = await telemetry({ signIn, origins, settings: { windowMinutes: 1 } });

  expect(settingsOf(resources, 't-app')).toMatchObject({
    TELEMETRY_AUTHORITY: signIn.authority,
    TELEMETRY_AUDIENCE: signIn.audience,
    TELEMETRY_SETTINGS: '{"windowMinutes":1}',
  });
  const allowedOrigins = ['https://tpagesite.web.test', ...origins];
  expect(inputsOf(resources, 'web:WebApp')['t-app']).toMatchObject({ siteConfig: { cors: { allowedOrigins } } });
  expect(inputsOf(resources, 'signalrservice:SignalR')['t-page']).toMatchObject({ cors: { allowedOrigins } });
});

it('leaves the event hub to processes of your own, which get a place for checkpoints and the key', async () => {
  const { resources, made } = await telemetry({ hosts: 'processes' });

  const settings = settingsOf(resources, 't-app');
  expect(Object.keys(settings).filter((name) => /^Telemetry__|EVENT_HUB|CONSUMER/.test(name))).toEqual([]);
  expect(inputsOf(resources, 'storage:BlobContainer')['t-app-checkpoints']).toMatchObject({ publicAccess: 'None' });
  expect(await settled(made.processes?.checkpoints.url)).toBe('https://tapp.blob.test/checkpoints');
  expect(await settled(made.processes?.functionKey)).toBe('host+key');
  expect(await isSecret(made.processes?.functionKey as never)).toBe(true);
});

it('has neither by default', async () => {
  const { resources, made } = await telemetry();

  expect(made.processes).toBeUndefined();
  expect(Object.keys(inputsOf(resources, 'storage:BlobContainer'))).toEqual(['t-app-packages']);
});

it('runs on Flex Consumption, with code from a container that the app opens as itself', async () => {
  const { resources } = await telemetry();

  expect(inputsOf(resources, 'web:AppServicePlan')['t-app-plan']).toMatchObject({
    sku: { name: 'FC1', tier: 'FlexConsumption' },
    reserved: true,
  });
  expect(inputsOf(resources, 'web:WebApp')['t-app']).toMatchObject({
    kind: 'functionapp,linux',
    identity: { type: 'UserAssigned', userAssignedIdentities: ['/id/t-app-id'] },
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer',
          value: 'https://tapp.blob.test/packages',
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: '/id/t-app-id' },
        },
      },
      runtime: { name: 'node', version: '22' },
      scaleAndConcurrency: { maximumInstanceCount: 40, instanceMemoryMB: 2048 },
    },
  });
});

it('lets hubs send and functions receive, each with its own identity', async () => {
  const { resources, made } = await telemetry();

  const given = Object.values(inputsOf(resources, 'authorization:RoleAssignment')).map(
    ({ scope, principalId }) => `${String(principalId)} at ${String(scope)}`,
  );
  expect(given).toContain('principal-of-t-events-sender at /id/t-events-telemetry');
  expect(given).toContain('principal-of-t-app-id at /id/t-events-telemetry');
  expect(given).toContain('principal-of-t-app-id at /id/t-page');
  expect(given).toContain('principal-of-t-app-id at /state');
  expect(await settled(made.senderId)).toBe('/id/t-events-sender');
  expect(await settled(made.endpoint)).toEqual({
    kind: 'eventHub',
    name: 'telemetry',
    endpointUri: 'sb://t-events.servicebus.test',
    entityPath: 't-events-telemetry',
  });
});

it('gives a provisioning service a URL with the key in it, as a secret', async () => {
  const { made } = await allocation();

  expect(await settled(made.webhookUrl)).toBe('https://a.azurewebsites.test/api/allocate?code=host%2Bkey');
  expect(await isSecret(made.webhookUrl)).toBe(true);
});

it('keeps the key out of everything that is declared', async () => {
  const { resources } = await allocation();

  expect(JSON.stringify(resources)).not.toMatch(/host(\+|%2B)key/);
  expect(settingsOf(resources, 'a')).toMatchObject({
    LEDGER_ENDPOINT: 'https://l.blob.test/',
    ALLOCATIONS_CONTAINER: 'allocations',
    PROVISIONING_SERVICE: 'dps-1',
    ALLOCATION_RULES: '{"default":{"newDevices":{"west.example":1}},"groups":{}}',
  });
});

it('says so when Azure answers no key', () => {
  expect(() => defaultKeyOf('a.test', {})).toThrow('Azure answered no default function key of the app at a.test');
});
