import { type FunctionEntry, GROUP, type TypeEntry } from './entry';

const HUB = `${GROUP}/providers/Microsoft.Devices/IotHubs/{resourceName}`;
const DPS = `${GROUP}/providers/Microsoft.Devices/provisioningServices/{provisioningServiceName}`;
const SPACE = `${GROUP}/providers/Microsoft.EventHub/namespaces/{namespaceName}`;
const STREAM = `${SPACE}/eventhubs/{eventHubName}`;
const KEYS = ['primaryKey', 'secondaryKey'] as const;

/** IoT Hub, DPS, and the Event Hubs that hubs route to. */
export const DEVICE_TYPES: Readonly<Record<string, TypeEntry>> = {
  'azure-native:iothub:IotHubResource': { path: HUB, forceNew: ['location'] },
  'azure-native:iothub:Certificate': { path: `${HUB}/certificates/{certificateName}` },
  'azure-native:iothub:IotHubResourceEventHubConsumerGroup': {
    path: `${HUB}/eventHubEndpoints/{eventHubEndpointName}/ConsumerGroups/{name}`,
  },
  'azure-native:deviceprovisioningservices:IotDpsResource': { path: DPS, forceNew: ['location'] },
  'azure-native:deviceprovisioningservices:DpsCertificate': { path: `${DPS}/certificates/{certificateName}` },
  'azure-native:eventhub:Namespace': { path: SPACE, envelope: ['identity', 'location', 'sku', 'tags'] },
  'azure-native:eventhub:EventHub': { path: STREAM, envelope: [] },
  'azure-native:eventhub:ConsumerGroup': { path: `${STREAM}/consumergroups/{consumerGroupName}`, envelope: [] },
};

export const DEVICE_FUNCTIONS: Readonly<Record<string, FunctionEntry>> = {
  'azure-native:iothub:listIotHubResourceKeysForKeyName': {
    method: 'POST',
    path: `${HUB}/IotHubKeys/{keyName}/listkeys`,
    apiVersion: '2023-06-30',
    secrets: KEYS,
  },
  'azure-native:iothub:listIotHubResourceKeys': {
    method: 'POST',
    path: `${HUB}/listkeys`,
    apiVersion: '2023-06-30',
    secrets: KEYS,
  },
  'azure-native:deviceprovisioningservices:listIotDpsResourceKeys': {
    method: 'POST',
    path: `${DPS}/listkeys`,
    apiVersion: '2023-03-01-preview',
    secrets: KEYS,
  },
  'azure-native:deviceprovisioningservices:listIotDpsResourceKeysForKeyName': {
    method: 'POST',
    path: `${DPS}/keys/{keyName}/listkeys`,
    apiVersion: '2023-03-01-preview',
    secrets: KEYS,
  },
};
