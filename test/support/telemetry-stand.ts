import { randomBytes } from 'node:crypto';
import { IotHubClient } from '@azure/arm-iothub';
import type { TokenCredential } from '@azure/identity';
import { createContainer } from './container';
import { arm, createNamespace, EVENTS_RECEIVER, EVENTS_SENDER } from './event-hubs';
import { assignRole } from './roles';
import { createTables } from './tables';

const SIGNALR_OWNER = '7e4f1700-ea5a-4f59-8f37-079cfe29dce3';
const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';

/** A hub that routes to an event hub, and all that telemetry stands on, as a stack has it but for `pulumi up`. */
export interface TelemetryStand {
  /** What `pulumi stack output --json --show-secrets` would print. */
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly tableEndpoint: string;
  readonly functionKey: string;
  /** Of the hub's owner. */
  readonly connectionString: string;
  readonly hubHost: string;
}

const TABLES = ['DeviceState', 'Calibration', 'Rejected'];

export interface StandOptions {
  /** Of the event hub. */
  readonly partitions: number;
  /** Of the hub. @default 'S1' */
  readonly sku?: 'S1' | 'S3';
  /** Of the event hub; outputs name the first. @default ['groundswell'] */
  readonly consumerGroups?: readonly string[];
}

/** @returns its name: nothing is asked of it but by roles */
async function liveService(credential: TokenCredential, group: string): Promise<string> {
  const name = `live-${randomBytes(5).toString('hex')}`;
  const id = `${group}/providers/Microsoft.SignalRService/signalR/${name}`;
  const properties = { features: [{ flag: 'ServiceMode', value: 'Serverless' }] };
  const resource = { location: 'westeurope', sku: { name: 'Standard_S1', capacity: 1 }, kind: 'SignalR', properties };
  await arm(credential, 'PUT', id, resource, '2024-03-01');
  await assignRole(credential, id, SIGNALR_OWNER);
  return name;
}

export async function createTelemetryStand(
  credential: TokenCredential,
  options: StandOptions,
): Promise<TelemetryStand> {
  const { partitions, sku = 'S1', consumerGroups = ['groundswell'] } = options;
  const [space, tableEndpoint, checkpointsUrl] = await Promise.all([
    createNamespace(credential),
    createTables(credential, TABLES),
    createContainer(credential),
  ]);
  const eventHubId = await space.eventHub('telemetry', { partitionCount: partitions });
  const senderId = `${space.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/sender`;
  for (const name of consumerGroups)
    await arm(credential, 'PUT', `${eventHubId}/consumergroups/${name}`, { properties: {} });
  const { body } = await arm(credential, 'PUT', senderId, { location: 'westeurope' });
  await assignRole(credential, eventHubId, EVENTS_SENDER, (body['properties'] as { principalId: string }).principalId);
  await assignRole(credential, eventHubId, EVENTS_RECEIVER);
  const { connectionString, hubHost } = await routingHub(credential, space, senderId, sku);
  const functionKey = randomBytes(24).toString('base64');
  const telemetry = {
    functionsUrl: 'https://functions.azurewebsites.test',
    functionAppName: 'functions',
    pageUrl: 'https://page.z1.web.azure.test/',
    pageAccountName: 'page',
    pageContainer: '$web',
    signalrHost: `${await liveService(credential, space.group)}.service.signalr.test`,
    eventHubsHost: space.host,
    eventHub: 'telemetry',
    consumerGroup: consumerGroups[0],
    ...{ tableEndpoint, checkpointsUrl, functionKey },
  };
  const hub = { hostName: hubHost, sku: { name: 'S1', units: 1 } };
  const ledger = { blobEndpoint: `${new URL(checkpointsUrl).origin}/`, container: 'ledger' };
  return {
    outputs: { auth: 'entra', hubs: { west: hub }, ledger, telemetry },
    ...{ tableEndpoint, functionKey, connectionString, hubHost },
  };
}

async function routingHub(
  credential: TokenCredential,
  space: { readonly name: string; readonly host: string },
  senderId: string,
  sku: string,
): Promise<{ readonly connectionString: string; readonly hubHost: string }> {
  const { iotHubResource } = new IotHubClient(credential, SUBSCRIPTION, { endpoint: 'https://management.azure.test' });
  const name = `hub-${randomBytes(5).toString('hex')}`;
  const endpoint = {
    name: 'telemetry',
    authenticationType: 'identityBased',
    endpointUri: `sb://${space.host}`,
    entityPath: 'telemetry',
    identity: { userAssignedIdentity: senderId },
  };
  const to = { endpointNames: ['telemetry'] };
  const routing = {
    endpoints: { eventHubs: [endpoint] },
    routes: [{ name: 'telemetry', source: 'DeviceMessages', isEnabled: true, condition: 'true', ...to }],
    enrichments: [{ key: 'hub', value: 'west', ...to }],
  };
  const description = {
    location: 'westeurope',
    sku: { name: sku, capacity: 1 },
    identity: { type: 'UserAssigned' as const, userAssignedIdentities: { [senderId]: {} } },
    properties: { routing },
  };
  await iotHubResource.beginCreateOrUpdateAndWait(space.name, name, description, { updateIntervalInMs: 20 });
  const { primaryKey } = await iotHubResource.getKeysForKeyName(space.name, name, 'iothubowner');
  const hubHost = `${name}.azure-devices.test`;
  return {
    hubHost,
    connectionString: `HostName=${hubHost};SharedAccessKeyName=iothubowner;SharedAccessKey=${primaryKey ?? ''}`,
  };
}
