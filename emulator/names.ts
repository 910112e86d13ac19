/**
 * Every name the emulator answers to. All lie under `.test`, which is reserved and never resolves (RFC 2606), so that a
 * missing redirect fails instead of reaching a real Azure.
 */

/** Hubs are `<name>.azure-devices.test`. */
export const HUB_SUFFIX = 'azure-devices.test';

/** Provisioning services are `<name>.azure-devices-provisioning.test`; devices may also dial the global name. */
export const DPS_SUFFIX = 'azure-devices-provisioning.test';
export const DPS_GLOBAL_HOST = `global.${DPS_SUFFIX}`;

/** Event-Hub-compatible endpoints are `<hub>.servicebus.azure.test`. */
export const EVENTS_SUFFIX = 'servicebus.azure.test';

/** The Azure Resource Manager endpoint. */
export const ARM_HOST = 'management.azure.test';

/** Blob accounts are `<account>.blob.azure.test`. */
export const BLOB_SUFFIX = 'blob.azure.test';

/** Table accounts are `<account>.table.azure.test`. */
export const TABLE_SUFFIX = 'table.azure.test';

/** Web apps and function apps are `<name>.azurewebsites.test`: served by what was named with `--sites`, else by nobody. */
export const SITES_SUFFIX = 'azurewebsites.test';

/** SignalR services are `<name>.service.signalr.test`. */
export const SIGNALR_SUFFIX = 'service.signalr.test';

/** Static websites are `<account>.z1.web.azure.test`; the second label is a region's code in Azure, and always this here. */
export const WEBSITE_SUFFIX = 'z1.web.azure.test';

/**
 * Hosts of services that the Resource Manager records and nobody serves: what programs put together of them has the form
 * of the real thing, and leads nowhere.
 */
export const MONITOR_SUFFIX = 'applicationinsights.azure.test';
export const CONTAINER_APPS_SUFFIX = 'azurecontainerapps.test';

/** Names in the leaf certificate: one wildcard covers one label. */
export const TLS_NAMES = [
  'localhost',
  ARM_HOST,
  `*.${HUB_SUFFIX}`,
  `*.${DPS_SUFFIX}`,
  `*.${EVENTS_SUFFIX}`,
  `*.${BLOB_SUFFIX}`,
  `*.${TABLE_SUFFIX}`,
  `*.${SITES_SUFFIX}`,
  `*.${SIGNALR_SUFFIX}`,
  `*.${WEBSITE_SUFFIX}`,
] as const;

/** The ports that Azure's clients dial. They are mapped to free ones, so none of them is ever bound. */
export const HTTPS_PORT = 443;
export const MQTT_PORT = 8883;
export const AMQP_PORT = 5671;

export const LOOPBACK = '127.0.0.1';

/** Where state lies unless `--state` or {@link STATE_VARIABLE} says otherwise; relative to the working directory. */
export const DEFAULT_STATE_DIR = '.iothub-emulator';
export const STATE_VARIABLE = 'IOTHUB_EMULATOR_STATE';

/** Host name of a provisioning service, for its service API. */
export const dpsHostName = (service: string): string => `${service}.${DPS_SUFFIX}`;

/** Host name of a hub. */
export const hubHostName = (hub: string): string => `${hub}.${HUB_SUFFIX}`;

/** Host name of a hub's Event-Hub-compatible endpoint. */
export const eventsHostName = (hub: string): string => `${hub}.${EVENTS_SUFFIX}`;

/** Matches the Host header of any hub; group 1 is the hub's name. For fastify's `constraints.host`. */
export const HUB_HOST_PATTERN = /^([a-z0-9-]+)\.azure-devices\.test(?::\d+)?$/i;

/** As {@link HUB_HOST_PATTERN}, for provisioning services and their global name. */
export const DPS_HOST_PATTERN = /^([a-z0-9-]+)\.azure-devices-provisioning\.test(?::\d+)?$/i;

/** As {@link HUB_HOST_PATTERN}, for Event-Hub-compatible endpoints. */
export const EVENTS_HOST_PATTERN = /^([a-z0-9-]+)\.servicebus\.azure\.test(?::\d+)?$/i;

/** As {@link HUB_HOST_PATTERN}, for SignalR services. */
export const SIGNALR_HOST_PATTERN = /^([a-z0-9-]+)\.service\.signalr\.test(?::\d+)?$/i;

/** As {@link HUB_HOST_PATTERN}, for static websites of storage accounts. */
export const WEBSITE_HOST_PATTERN = /^([a-z0-9]+)\.z1\.web\.azure\.test(?::\d+)?$/i;

/** Matches the Host header of the Resource Manager. */
export const ARM_HOST_PATTERN = /^management\.azure\.test(?::\d+)?$/i;
