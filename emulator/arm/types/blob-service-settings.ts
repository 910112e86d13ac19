import { z } from 'zod';

import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { badRequest } from '../errors';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import type { Resource } from '../store';
import { STORAGE_ACCOUNTS } from './storage-accounts';

const TYPE = `${STORAGE_ACCOUNTS}/blobServices`;

/** Days of a retention (Storage resource provider, DeleteRetentionPolicy). */
const retention = z
  .looseObject({ enabled: z.boolean().nullish(), days: z.int().min(1).max(365).nullish() })
  .refine(({ enabled, days }) => enabled !== true || typeof days === 'number', 'days: is required when it is enabled');

/** The body of a PUT (BlobServiceProperties). */
const description = z.looseObject({
  properties: z
    .looseObject({
      isVersioningEnabled: z.boolean().nullish(),
      deleteRetentionPolicy: retention.nullish(),
      containerDeleteRetentionPolicy: retention.nullish(),
      cors: z.looseObject({ corsRules: z.array(z.looseObject({})).max(5).nullish() }).nullish(),
    })
    .nullish(),
});

const DEFAULTS = { cors: { corsRules: [] }, deleteRetentionPolicy: { enabled: false, allowPermanentDelete: false } };

/** The one blob service of an account. It is always there: nobody creates or deletes it. */
export function blobServiceSettings({ store }: Pick<ArmContext, 'store'>): ResourceType {
  const present = ({ id }: ArmRequest): Resource => {
    if (!id.toLowerCase().endsWith('/default'))
      throw badRequest("the blob service of an account is named 'default'", 'InvalidRequestPropertyValue');
    return store.get(id) ?? { id, name: 'default', type: TYPE, properties: DEFAULTS };
  };
  const put = (request: ArmRequest): ArmAnswer => {
    const before = present(request);
    const { properties } = parseBody(description, request.body);
    return ok(store.put({ ...before, properties: { ...DEFAULTS, ...properties } }));
  };
  return {
    type: TYPE,
    get: (request) => ok(present(request)),
    list: (request) => listOf([present({ ...request, id: `${request.id}/default` })]),
    put,
  };
}
