import { z } from 'zod';

import type { ArmContext } from '../context';
import { parseBody, requireMatch } from '../envelope';
import { ArmError, badRequest } from '../errors';
import { type ArmAnswer, type ArmRequest, header, ok, type ResourceType } from '../resource-type';
import { newEtag, type Resource } from '../store';
import { STORAGE_ACCOUNTS } from './storage-accounts';

const TYPE = `${STORAGE_ACCOUNTS}/blobServices/containers/immutabilityPolicies`;

/** The longest retention (immutable-time-based-retention-policy-overview.md, "Retention interval": 400 years). */
const MAX_DAYS = 146_000;

/** The body of a PUT (Storage resource provider, ImmutabilityPolicy); 0 days is a policy that is not there. */
const description = z.looseObject({
  properties: z
    .object({
      immutabilityPeriodSinceCreationInDays: z.int().min(0).max(MAX_DAYS).nullish(),
      allowProtectedAppendWrites: z.boolean().nullish(),
      allowProtectedAppendWritesAll: z.boolean().nullish(),
    })
    .refine(
      (one) => !(one.allowProtectedAppendWrites && one.allowProtectedAppendWritesAll),
      'allowProtectedAppendWrites and allowProtectedAppendWritesAll cannot both be true',
    ),
});

const PERIOD = 'immutabilityPeriodSinceCreationInDays';
const NONE = { [PERIOD]: 0, state: 'Unlocked' };

const isLocked = ({ properties }: Resource): boolean => properties['state'] === 'Locked';
const locked = (what: string): ArmError =>
  new ArmError(409, 'ContainerImmutabilityPolicyFailure', `The immutability policy is locked: ${what}.`);

/** Whether a container may not be deleted: a policy that somebody locked. */
export const holdsContainer = ({ store }: Pick<ArmContext, 'store'>, containerId: string): boolean => {
  const policy = store.get(`${containerId}/immutabilityPolicies/default`);
  return policy !== undefined && isLocked(policy);
};

/** Whether a container has a policy at all. */
export const hasPolicy = ({ store }: Pick<ArmContext, 'store'>, containerId: string): boolean =>
  Number(store.get(`${containerId}/immutabilityPolicies/default`)?.properties[PERIOD] ?? 0) > 0;

async function requireContainer({ storage }: ArmContext, { path: { names } }: ArmRequest): Promise<void> {
  const [account = '', , container = '', policy] = names;
  if (policy !== 'default')
    throw badRequest("the immutability policy of a container is named 'default'", 'InvalidRequestPropertyValue');
  if (await storage.blobs(account).getContainerClient(container).exists()) return;
  throw new ArmError(404, 'ContainerNotFound', `The specified container '${container}' does not exist.`);
}

/**
 * Time-based retention of a container: unlocked it changes and goes, locked it can be extended five times and neither
 * shortened nor taken away. The blob service does not hold blobs by it.
 */
export function immutabilityPolicies(context: ArmContext): ResourceType {
  const { store } = context;
  const present = (id: string): Resource =>
    store.get(id) ?? { id, name: 'default', type: TYPE, etag: '""', properties: NONE };
  const keep = (resource: Resource, properties: Resource['properties']): ArmAnswer =>
    ok(store.put({ ...resource, etag: `"${newEtag()}"`, properties: { ...resource.properties, ...properties } }));
  const asked = async (request: ArmRequest, needsMatch = false): Promise<Resource> => {
    await requireContainer(context, request);
    const resource = present(request.id);
    if (needsMatch && header(request, 'if-match') === undefined)
      throw badRequest('If-Match is required', 'MissingRequiredHeader');
    requireMatch(request, { ...resource, etag: (resource.etag ?? '').replaceAll('"', '') });
    return resource;
  };
  const put = async (request: ArmRequest): Promise<ArmAnswer> => {
    const resource = await asked(request);
    const { properties } = parseBody(description, request.body);
    if (isLocked(resource)) throw locked('it can only be extended');
    return keep({ ...resource, properties: NONE }, properties);
  };
  const lock = async (request: ArmRequest): Promise<ArmAnswer> => {
    const resource = await asked(request, true);
    if (Number(resource.properties[PERIOD]) === 0) throw badRequest('there is no immutability policy to lock');
    return keep(resource, { state: 'Locked' });
  };
  const extend = async (request: ArmRequest): Promise<ArmAnswer> => {
    const resource = await asked(request, true);
    const { properties } = parseBody(description, request.body);
    const [before, after] = [Number(resource.properties[PERIOD]), properties[PERIOD] ?? 0];
    if (!isLocked(resource)) throw badRequest('an unlocked immutability policy is changed, not extended');
    if (after <= before) throw badRequest(`${PERIOD}: a locked policy of ${before} days can only become longer`);
    return keep(resource, { [PERIOD]: after });
  };
  return {
    type: TYPE,
    get: async (request) => ok(await asked(request)),
    put,
    async delete(request) {
      const resource = await asked(request, true);
      if (isLocked(resource)) throw locked('it goes with its container only');
      store.delete(request.id);
      return ok({ ...resource, properties: NONE });
    },
    actions: { lock, extend },
  };
}
