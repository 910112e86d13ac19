import type { Hub } from '../../hub/hubs';
import type { Health } from '../../hub/routing/sink';
import { dailyMessagesOf } from '../../hub/throttle/message-quota';
import type { ArmContext } from '../context';
import { ok, type ResourceType } from '../resource-type';
import { hubJobs } from './hub-transfers';
import { hubOf, IOT_HUBS } from './iot-hubs';
import { routeTests } from './route-tests';

const SKUS = ['F1', 'B1', 'B2', 'B3', 'S1', 'S2', 'S3'] as const;
const groupOf = (sku: string): string => sku.charAt(0);

/** What a hub may become: the rules are those of a PUT. */
function skusFor(present: string): unknown[] {
  const isReachable = (name: string): boolean =>
    groupOf(name) === groupOf(present) || (groupOf(present) === 'B' && groupOf(name) === 'S');
  const scale = { minimum: 1, scaleType: 'Manual' };
  return SKUS.filter(isReachable).map((name) => ({ resourceType: IOT_HUBS, sku: { name }, capacity: scale }));
}

function statsOf({ devices }: Hub): Record<string, number> {
  let disabledDeviceCount = 0;
  for (const [, { identity }] of devices.after(0)) disabledDeviceCount += Number(identity.status === 'disabled');
  const totalDeviceCount = devices.size;
  return { totalDeviceCount, enabledDeviceCount: totalDeviceCount - disabledDeviceCount, disabledDeviceCount };
}

/** `GET …/IotHubs/{hub}/<name>`, answered from the hub's own state. */
const view = (context: ArmContext, name: string, body: (hub: Hub) => unknown): ResourceType => ({
  type: `${IOT_HUBS}/${name}`,
  list: (request) => {
    const hub = hubOf(context, request);
    return hub && ok(body(hub));
  },
});

/** Most devices of a hub (iot-hub-devguide-quotas-throttling.md, "Other limits"). */
const maxDevices = ({ settings }: Hub): number => (settings.sku.name === 'F1' ? 500 : 1_000_000);

/** The built-in endpoint takes all; of the others it is not known before they were written to. */
const healthOf = ({ settings, events }: Hub): unknown[] => [
  { endpointId: 'events', healthStatus: 'healthy' },
  ...[...settings.routing.storage, ...settings.routing.eventHubs].map(({ name }) => shown(name, events.healthOf(name))),
];

/** arm-iothub, EndpointHealthData: times as of RFC 1123. */
const shown = (endpointId: string, health: Health | undefined): unknown => ({
  endpointId,
  healthStatus: health?.status ?? 'unknown',
  ...(health?.error && {
    lastKnownError: health.error.text,
    lastKnownErrorTime: new Date(health.error.at).toUTCString(),
  }),
  ...(health?.attemptedAt !== undefined && { lastSendAttemptTime: new Date(health.attemptedAt).toUTCString() }),
  ...(health?.succeededAt !== undefined && {
    lastSuccessfulSendAttemptTime: new Date(health.succeededAt).toUTCString(),
  }),
});

/** What lies below a hub, beside its keys, certificates and consumer groups. */
export const iotHubChildren = (context: ArmContext): ResourceType[] => [
  view(context, 'skus', ({ settings }) => ({ value: skusFor(settings.sku.name) })),
  view(context, 'IotHubStats', statsOf),
  view(context, 'quotaMetrics', (hub) => ({
    value: [
      { name: 'TotalMessages', currentValue: hub.messageQuota.used, maxValue: dailyMessagesOf(hub.settings.sku).count },
      { name: 'TotalDeviceCount', currentValue: hub.devices.size, maxValue: maxDevices(hub) },
    ],
  })),
  view(context, 'routingEndpointsHealth', (hub) => ({ value: healthOf(hub) })),
  hubJobs(context),
  routeTests(context),
];
