import { z } from 'zod';

import type { Namespace } from '../../event-hubs/namespaces';
import { type EventHubSettings, LIMITS, STATUSES } from '../../event-hubs/settings';
import { DEFAULT_GROUP } from '../../event-hubs/stream';
import { stampOf } from '../../world/time';
import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { ArmError, badRequest, notImplemented } from '../errors';
import { type ArmAnswer, type ArmRequest, listOf, type ResourceType } from '../resource-type';
import type { Resource } from '../store';
import { namespaceOf, NAMESPACES } from './event-hub-namespaces';
import { keptType } from './kept';

export const EVENT_HUBS = `${NAMESPACES}/eventhubs`;
const GROUPS = `${EVENT_HUBS}/consumergroups`;
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

/** The body of a PUT (Event Hubs resource provider, Eventhub). */
const description = z.looseObject({
  properties: z
    .looseObject({
      partitionCount: z.int().min(1).nullish(),
      messageRetentionInDays: z.int().min(1).nullish(),
      retentionDescription: z
        .looseObject({
          cleanupPolicy: z.enum(['Delete', 'Compact', 'DeleteOrCompact']).nullish(),
          retentionTimeInHours: z.int().min(1).nullish(),
        })
        .nullish(),
      status: z.enum(STATUSES).nullish(),
      captureDescription: z.looseObject({ enabled: z.boolean().nullish() }).nullish(),
    })
    .nullish(),
});
type Properties = NonNullable<z.infer<typeof description>['properties']>;

const groupDescription = z.looseObject({
  properties: z.looseObject({ userMetadata: z.string().max(1024).nullish() }).nullish(),
});

const EVENT_HUB_NAME = /^\w(?:[\w.-]{0,254}\w)?$/;
const GROUP_NAME = /^\w(?:[\w.-]{0,48}\w)?$/;

function requireName(name: string, pattern: RegExp, what: string, longest: number): void {
  if (pattern.test(name)) return;
  const rule = `1 to ${longest} letters, digits, dots, hyphens and underscores`;
  throw badRequest(`'${name}' is no name of ${what}: ${rule}`, 'InvalidResourceName');
}

/** What lies in a resource that lies in another: the dispatcher has asked for the outermost one only. */
function parentOf({ store }: ArmContext, { id }: ArmRequest): Resource {
  const parent = id.split('/').slice(0, -2).join('/');
  const found = store.get(parent);
  if (found !== undefined) return found;
  throw new ArmError(404, 'ParentResourceNotFound', `The parent resource '${parent}' was not found: create it first.`);
}

const limitsOf = ({ settings }: Namespace) => LIMITS[settings.sku.name];

function retentionMsOf(namespace: Namespace, declared: Properties, before: EventHubSettings | undefined): number {
  const { messageRetentionInDays: days, retentionDescription } = declared;
  const { cleanupPolicy, retentionTimeInHours } = retentionDescription ?? {};
  if (cleanupPolicy !== undefined && cleanupPolicy !== null && cleanupPolicy !== 'Delete')
    throw notImplemented(`the cleanup policy ${cleanupPolicy} of an event hub, only Delete`);
  const declaredHours = retentionTimeInHours ?? (days === undefined || days === null ? undefined : days * DAY_HOURS);
  const ms = declaredHours === undefined ? (before?.retentionMs ?? DAY_HOURS * HOUR_MS) : declaredHours * HOUR_MS;
  const most = limitsOf(namespace).retentionMs;
  if (ms <= most) return ms;
  throw badRequest(
    `messageRetentionInDays: ${namespace.settings.sku.name} keeps events at most ${most / HOUR_MS} hours`,
  );
}

function partitionCountOf(namespace: Namespace, declared: Properties, before: EventHubSettings | undefined): number {
  const count = declared.partitionCount ?? before?.partitionCount ?? 4;
  const most = limitsOf(namespace).partitions;
  if (count > most)
    throw badRequest(`partitionCount: ${namespace.settings.sku.name} has at most ${most}, not ${count}`);
  if (before === undefined || count === before.partitionCount) return count;
  if (namespace.settings.sku.name === 'Premium') throw notImplemented('more partitions for an event hub that exists');
  throw badRequest('partitionCount: cannot be changed once the event hub is made');
}

function putEventHub(context: ArmContext, request: ArmRequest): ArmAnswer | undefined {
  const namespace = namespaceOf(context, request);
  if (namespace === undefined) return undefined;
  const existing = context.store.get(request.id);
  const name = existing?.name ?? request.path.names[1] ?? '';
  requireName(name, EVENT_HUB_NAME, 'an event hub', 256);
  const { properties } = parseBody(description, request.body);
  if (properties?.captureDescription?.enabled) throw notImplemented('capture of an event hub');
  if (existing === undefined && namespace.size >= limitsOf(namespace).eventHubs)
    throw badRequest(
      `${namespace.settings.sku.name} has at most ${limitsOf(namespace).eventHubs} event hubs`,
      'MessagingGatewayBadRequest',
    );
  const before = namespace.get(name)?.settings;
  const settings: EventHubSettings = {
    partitionCount: partitionCountOf(namespace, properties ?? {}, before),
    retentionMs: retentionMsOf(namespace, properties ?? {}, before),
    status: properties?.status ?? before?.status ?? 'Active',
    consumerGroups: before?.consumerGroups ?? [],
    rules: before?.rules ?? [],
  };
  namespace.put(name, settings);
  const id = existing?.id ?? request.id;
  const resource = context.store.put({ id, name, type: EVENT_HUBS, properties: shown(context, settings, existing) });
  if (existing === undefined) keepGroup(context, { id: `${id}/consumergroups/${DEFAULT_GROUP}`, name: DEFAULT_GROUP });
  return { status: existing === undefined ? 201 : 200, body: resource };
}

const stampsOf = ({ provisioning }: ArmContext, existing: Resource | undefined) => {
  const now = stampOf(provisioning.world.clock.now());
  return { createdAt: existing?.properties['createdAt'] ?? now, updatedAt: now };
};

const shown = (context: ArmContext, settings: EventHubSettings, existing: Resource | undefined) => {
  const hours = settings.retentionMs / HOUR_MS;
  return {
    ...stampsOf(context, existing),
    messageRetentionInDays: Math.max(1, Math.floor(hours / DAY_HOURS)),
    partitionCount: settings.partitionCount,
    partitionIds: Array.from({ length: settings.partitionCount }, (_, at) => String(at)),
    retentionDescription: { cleanupPolicy: 'Delete', retentionTimeInHours: hours },
    status: settings.status,
  };
};

function deleteEventHub(context: ArmContext, request: ArmRequest): ArmAnswer {
  const existing = context.store.get(request.id);
  if (existing === undefined) return { status: 204 };
  namespaceOf(context, request)?.delete(existing.name);
  context.store.deleteTree(existing.id);
  return { status: 200 };
}

/** Lists of what lies right below one parent. */
const listBelow =
  ({ store }: ArmContext, type: string): NonNullable<ResourceType['list']> =>
  ({ id }) =>
    listOf(store.below(id.split('/').slice(0, -1).join('/'), type));

export const eventHubs = (context: ArmContext): ResourceType => ({
  ...keptType(context, EVENT_HUBS),
  list: listBelow(context, EVENT_HUBS),
  put: (request) => putEventHub(context, request),
  delete: (request) => deleteEventHub(context, request),
});

const keepGroup = (context: ArmContext, group: Pick<Resource, 'id' | 'name'>, userMetadata?: string): Resource => {
  const properties = {
    ...stampsOf(context, context.store.get(group.id)),
    ...(userMetadata !== undefined && { userMetadata }),
  };
  return context.store.put({ ...group, type: GROUPS, properties });
};

function putGroup(context: ArmContext, request: ArmRequest): ArmAnswer | undefined {
  const parent = parentOf(context, request);
  const namespace = namespaceOf(context, request);
  const settings = namespace?.get(parent.name)?.settings;
  if (namespace === undefined || settings === undefined) return undefined;
  const existing = context.store.get(request.id);
  const name = existing?.name ?? request.path.names[2] ?? '';
  const { properties } = parseBody(groupDescription, request.body);
  if (existing === undefined) {
    requireName(name, GROUP_NAME, 'a consumer group', 50);
    const most = limitsOf(namespace).groups;
    if (settings.consumerGroups.length >= most)
      throw badRequest(
        `${namespace.settings.sku.name} has at most ${most} consumer groups beside ${DEFAULT_GROUP}`,
        'MessagingGatewayBadRequest',
      );
    namespace.put(parent.name, { ...settings, consumerGroups: [...settings.consumerGroups, name] });
  }
  const resource = keepGroup(context, { id: existing?.id ?? request.id, name }, properties?.userMetadata ?? undefined);
  return { status: existing === undefined ? 201 : 200, body: resource };
}

function deleteGroup(context: ArmContext, request: ArmRequest): ArmAnswer {
  const existing = context.store.get(request.id);
  if (existing === undefined) return { status: 204 };
  if (existing.name === DEFAULT_GROUP) throw badRequest(`the consumer group '${DEFAULT_GROUP}' cannot be deleted`);
  const parent = parentOf(context, request);
  const namespace = namespaceOf(context, request);
  const settings = namespace?.get(parent.name)?.settings;
  if (namespace !== undefined && settings !== undefined) {
    const consumerGroups = settings.consumerGroups.filter((name) => name !== existing.name);
    namespace.put(parent.name, { ...settings, consumerGroups });
  }
  context.store.delete(existing.id);
  return { status: 200 };
}

export const eventHubGroups = (context: ArmContext): ResourceType => ({
  ...keptType(context, GROUPS),
  list: listBelow(context, GROUPS),
  put: (request) => putGroup(context, request),
  delete: (request) => deleteGroup(context, request),
});
