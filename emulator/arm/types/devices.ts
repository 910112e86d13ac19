import { z } from 'zod';

import type { ArmContext } from '../context';
import { parseBody, tags } from '../envelope';
import { badDescription } from '../errors';
import { type ArmAnswer, type ArmRequest, type Handler, ok, type ResourceType } from '../resource-type';
import { newEtag, type Resource } from '../store';
import { keptType } from './kept';

/** The resource provider of hubs and provisioning services: what both of them do alike is here. */
export const DEVICES = 'Microsoft.Devices';

/** A resource type of the provider but for what its PUT, its DELETE and its actions do. */
export const devicesType = (
  context: ArmContext,
  type: string,
): Pick<ResourceType, 'type' | 'get' | 'list' | 'patch'> => ({
  ...keptType(context, type),
  patch: patchOf(context),
});

/** PATCH changes the tags and nothing else (arm-iothub and arm-deviceprovisioningservices, TagsResource). */
const patchOf =
  ({ store }: ArmContext): Handler =>
  ({ id, body }) => {
    const existing = store.get(id);
    if (existing === undefined) return undefined;
    const declared = parseBody(z.strictObject({ tags: tags.nullish() }), body, badDescription);
    return ok(store.put({ ...existing, tags: declared.tags ?? {}, etag: newEtag() }));
  };

/** As a PUT answers a resource: the work is under way. The stored form says that it is done. */
export const activating = (resource: Resource): unknown => ({
  ...resource,
  properties: { ...resource.properties, state: 'Activating', provisioningState: 'Activating' },
});

/** The answer to a request whose work goes on; its headers say where the outcome is asked for. */
export const accepted = (
  { operations }: ArmContext,
  { apiVersion }: ArmRequest,
  work: Promise<unknown> = Promise.resolve(),
): Required<Omit<ArmAnswer, 'body'>> => ({ status: 202, headers: operations.track(work, DEVICES, apiVersion) });
