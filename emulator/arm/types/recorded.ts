import { randomBytes } from 'node:crypto';

import { z } from 'zod';

import { stampOf } from '../../world/time';
import type { ArmContext } from '../context';
import { location, parseBody, requireSameLocation, tags } from '../envelope';
import { badRequest } from '../errors';
import { identity, identityOf } from '../managed-identity';
import { nameOf, typeOf } from '../path';
import { CONTAINERS } from '../recorded/containers';
import { groupOf, type RecordedKind, requireName, type Subject } from '../recorded/kind';
import { MONITORING } from '../recorded/monitoring';
import { WEB } from '../recorded/web';
import { type ArmAnswer, type ArmRequest, type Handler, listOf, ok, type ResourceType } from '../resource-type';
import { newEtag, type Resource } from '../store';

const description = z.looseObject({
  location: location.optional(),
  tags: tags.nullish(),
  identity: identity.nullish(),
  properties: z.looseObject({}).nullish(),
});

/** Says on every answer that nothing stands behind the resource. */
const RECORDED = { 'x-iothub-emulator': 'recorded' };
const recorded = (answer: ArmAnswer): ArmAnswer => ({ ...answer, headers: RECORDED });

const KINDS = [...WEB, ...MONITORING, ...CONTAINERS];
const kindOf = (type: string): RecordedKind | undefined =>
  KINDS.find((kind) => kind.type.toLowerCase() === type.toLowerCase());

/** @throws ArmError naming what is not there */
function requireNeeds({ store }: ArmContext, kind: RecordedKind, properties: Subject['properties']): void {
  for (const { property, id } of kind.needs?.(properties) ?? []) {
    if (id === undefined || id === null) continue;
    if (typeof id === 'string' && store.get(id) !== undefined) continue;
    throw badRequest(
      `properties.${property}: no resource '${JSON.stringify(id).slice(1, -1)}'`,
      'LinkedInvalidPropertyId',
    );
  }
}

/** The properties that are kept: those declared, without secrets, over Azure's defaults and under its facts. */
function propertiesOf(context: ArmContext, kind: RecordedKind | undefined, subject: Subject): Resource['properties'] {
  const { properties } = subject;
  if (kind === undefined) return { ...properties, provisioningState: 'Succeeded' };
  requireName(kind, subject.name);
  requireNeeds(context, kind, properties);
  const own = { ...kind.defaults, ...kind.withheld?.(properties), ...(kind.withheld === undefined && properties) };
  return { ...own, ...kind.facts(subject), provisioningState: 'Succeeded' };
}

function put(context: ArmContext, request: ArmRequest): ArmAnswer {
  const { id, path, body } = request;
  const existing = context.store.get(id);
  const { properties, tags: own, identity: declaredIdentity, ...envelope } = parseBody(description, body);
  const kind = kindOf(typeOf(path));
  if (envelope.location !== undefined) requireSameLocation(existing, envelope.location);
  const name = nameOf(path).split('/').at(-1) ?? '';
  const shown = identityOf(context.store, declaredIdentity, existing);
  const subject = {
    id,
    name,
    location: envelope.location ?? '',
    resourceGroup: groupOf(id),
    properties: properties ?? {},
    existing,
    now: stampOf(context.provisioning.world.clock.now()),
  };
  const resource = context.store.put({
    ...envelope,
    id: existing?.id ?? id,
    name,
    type: typeOf(path),
    ...(own && { tags: own }),
    ...(shown && { identity: shown }),
    etag: newEtag(),
    properties: propertiesOf(context, kind, subject),
  });
  return recorded({ status: existing === undefined ? 201 : 200, body: resource });
}

function patch({ store }: ArmContext, { id, body }: ArmRequest): ArmAnswer | undefined {
  const existing = store.get(id);
  if (existing === undefined) return undefined;
  const { properties, ...envelope } = parseBody(description, body);
  const kind = kindOf(existing.type);
  const given = (kind?.withheld ?? ((one) => one))(properties ?? {});
  const merged = { ...existing, ...envelope, tags: envelope.tags ?? existing.tags ?? {}, etag: newEtag() };
  return recorded(ok(store.put({ ...merged, properties: { ...existing.properties, ...given } })));
}

/** Keys of recorded resources by resource and name; each is made when it is first asked for. */
const keysOf = ({ provisioning: { world } }: ArmContext, id: string) => {
  const all = world.store.collection<string>('arm/recorded-keys');
  return (name: string): string => {
    const at = `${id.toLowerCase()} ${name}`;
    const key = all.get(at) ?? randomBytes(32).toString('base64');
    all.put(at, key);
    return key;
  };
};

function remove(context: ArmContext, id: string): ArmAnswer {
  const found = context.store.get(id);
  if (found === undefined) return { status: 204 };
  forget(context, id);
  context.store.deleteTree(id);
  return { status: 200 };
}

function forget({ provisioning: { world } }: ArmContext, id: string): void {
  const all = world.store.collection<string>('arm/recorded-keys');
  const mine = [...all.entries()].map(([at]) => at).filter((at) => at.startsWith(`${id.toLowerCase()} `));
  for (const at of mine) all.delete(at);
}

/** The action of a recorded type that answers keys; undefined when it has none of this name. */
function keyAction(context: ArmContext, type: string, action: string): Handler | undefined {
  const answer = kindOf(type)?.keys?.[action.toLowerCase()];
  if (answer === undefined) return undefined;
  return ({ id }) => {
    const resource = context.store.get(id);
    return resource && recorded(ok(answer(resource, keysOf(context, id))));
  };
}

/**
 * Any type that has no behaviour of its own: kept, answered and listed as declared, with what programs are known to read
 * of it (`recorded/`).
 */
export const recordedType = (context: ArmContext, type: string): ResourceType => ({
  type,
  get: ({ id }) => {
    const resource = context.store.get(id);
    return resource && recorded(ok(resource));
  },
  list: ({ path }) => recorded(listOf(context.store.below(path.scope, type))),
  put: (request) => put(context, request),
  patch: (request) => patch(context, request),
  delete: ({ id }) => recorded(remove(context, id)),
  release: ({ id }) => {
    forget(context, id);
    return Promise.resolve();
  },
});

/**
 * Finds the recorded resource and the action that a POST names: an action may lie below a fixed name, as in
 * `sites/{name}/host/default/listkeys`.
 */
export function recordedAction(
  context: ArmContext,
  request: ArmRequest,
): { handler: Handler; target: ArmRequest } | undefined {
  const { path, id } = request;
  const type = `${path.namespace}/${path.types[0] ?? ''}`;
  const segments = id.split('/');
  const from = segments.length - (path.types.length + path.names.length - 2);
  const handler = keyAction(context, type, segments.slice(from).join('/'));
  if (handler === undefined) return undefined;
  const owner = { ...path, types: path.types.slice(0, 1), names: path.names.slice(0, 1) };
  return { handler, target: { ...request, path: owner, id: segments.slice(0, from).join('/') } };
}
