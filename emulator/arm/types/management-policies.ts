import { z } from 'zod';

import { stampOf } from '../../world/time';
import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { badRequest } from '../errors';
import { type ArmAnswer, type ArmRequest, ok, type ResourceType } from '../resource-type';
import { keptType } from './kept';
import { STORAGE_ACCOUNTS } from './storage-accounts';

const TYPE = `${STORAGE_ACCOUNTS}/managementPolicies`;

const actions = z
  .record(z.enum(['baseBlob', 'snapshot', 'version']), z.record(z.string(), z.unknown()).optional())
  .or(z.looseObject({}))
  .refine((all) => Object.keys(all).length > 0, 'a rule needs an action');

/** A rule (Storage resource provider, ManagementPolicyRule; limits of lifecycle-management-overview.md). */
const rule = z.looseObject({
  name: z.string().min(1).max(256),
  enabled: z.boolean().nullish(),
  type: z.literal('Lifecycle'),
  definition: z.looseObject({
    actions,
    filters: z
      .looseObject({
        blobTypes: z.array(z.enum(['blockBlob', 'appendBlob'])).min(1),
        prefixMatch: z.array(z.string()).max(10).nullish(),
      })
      .nullish(),
  }),
});
const description = z.looseObject({
  properties: z.looseObject({
    policy: z.looseObject({
      rules: z
        .array(rule)
        .min(1)
        .max(100)
        .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, 'names of rules occur once'),
    }),
  }),
});

/** Lifecycle rules of an account: checked and kept. Nothing moves or deletes blobs by them here. */
export function managementPolicies({ store, provisioning: { world } }: ArmContext): ResourceType {
  const put = ({ id, body }: ArmRequest): ArmAnswer => {
    if (!id.toLowerCase().endsWith('/default'))
      throw badRequest("the management policy of an account is named 'default'", 'InvalidRequestPropertyValue');
    const { properties } = parseBody(description, body);
    const lastModifiedTime = stampOf(world.clock.now());
    return ok(
      store.put({ id, name: 'DefaultManagementPolicy', type: TYPE, properties: { ...properties, lastModifiedTime } }),
    );
  };
  return {
    ...keptType({ store }, TYPE),
    put,
    delete: ({ id }) => ({ status: store.delete(id) ? 200 : 204 }),
  };
}
