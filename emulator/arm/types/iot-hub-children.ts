import type { Hub } from '../../hub/hubs';
import type { ArmContext } from '../context';
import { notImplemented } from '../errors';
import { rootIdOf } from '../path';
import { type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import { hubOf, IOT_HUBS } from './iot-hubs';
import { recordedType } from './recorded';

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

/** Reads that only Azure could answer: an empty list would be a lie. */
const missing = (name: string): ResourceType => {
  const refuse = (): never => {
    throw notImplemented(`${IOT_HUBS}/${name}`);
  };
  return { type: `${IOT_HUBS}/${name}`, get: refuse, list: refuse };
};

/** Consumer groups are recorded, and each endpoint has the one that Azure makes. */
function consumerGroups(context: ArmContext): ResourceType {
  const type = `${IOT_HUBS}/eventHubEndpoints/ConsumerGroups`;
  const recorded = recordedType(context, type);
  const theDefault = (request: ArmRequest): unknown => {
    const endpoint = `${rootIdOf(request.path)}/eventHubEndpoints/${request.path.names[1] ?? ''}`;
    return { id: `${endpoint}/ConsumerGroups/$Default`, name: '$Default', type, properties: {} };
  };
  return {
    ...recorded,
    // Azure answers 200 to a new group as well (arm-iothub takes nothing else).
    put: async (request) => {
      const answer = await recorded.put?.(request);
      return answer && { ...answer, status: 200 };
    },
    get: (request) => (request.path.names[2] === '$Default' ? ok(theDefault(request)) : recorded.get?.(request)),
    list: (request) => {
      const hub = rootIdOf(request.path);
      return listOf([theDefault(request), ...context.store.below(`${hub}/eventHubEndpoints`, type)]);
    },
  };
}

/** What lies below a hub, beside its keys. Certificates and the rest are recorded. */
export const iotHubChildren = (context: ArmContext): ResourceType[] => [
  view(context, 'skus', ({ settings }) => ({ value: skusFor(settings.sku.name) })),
  view(context, 'IotHubStats', statsOf),
  missing('quotaMetrics'),
  missing('routingEndpointsHealth'),
  missing('jobs'),
  consumerGroups(context),
];
