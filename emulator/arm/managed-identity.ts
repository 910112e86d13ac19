import { randomUUID } from 'node:crypto';
import { z } from 'zod';

import { type Identities, onlyOwn } from '../entra/identity-endpoint';
import { type AppPrincipal, TENANT_ID } from '../entra/principal';
import type { ServiceIdentity } from '../storage/containers';
import { badRequest } from './errors';
import type { Resource, ResourceStore } from './store';

export const USER_ASSIGNED = 'Microsoft.ManagedIdentity/userAssignedIdentities';

/** The `identity` of a resource as it is declared (Azure Resource Manager common types, ManagedServiceIdentity). */
export const identity = z.looseObject({
  type: z.string(),
  userAssignedIdentities: z.record(z.string(), z.unknown()).nullish(),
});

const principal = z.object({ principalId: z.string(), clientId: z.string().optional() });

/** Ids of the user-assigned identity of this name. @throws ArmError when there is none */
function userAssigned(store: ResourceStore, id: string): z.infer<typeof principal> {
  const found = principal.safeParse(store.get(id)?.properties);
  if (found.success) return found.data;
  throw badRequest(`The identity '${id}' could not be found.`, 'FailedIdentityOperation');
}

/**
 * What a resource answers as `identity`: a system-assigned one gets a principal that stays the resource's own as long
 * as it is declared, user-assigned ones show theirs.
 *
 * @returns undefined for none
 */
export function identityOf(
  store: ResourceStore,
  declared: z.infer<typeof identity> | null | undefined,
  existing: Resource | undefined,
): Readonly<Record<string, unknown>> | undefined {
  const types = (declared?.type ?? 'None').toLowerCase();
  if (declared === null || declared === undefined || types === 'none') return undefined;
  const before = principal.safeParse(existing?.['identity']).data;
  const system = types.includes('systemassigned')
    ? { principalId: before?.principalId ?? randomUUID(), tenantId: TENANT_ID }
    : {};
  const ids = Object.keys(declared.userAssignedIdentities ?? {});
  const users = Object.fromEntries(ids.map((id) => [id, userAssigned(store, id)]));
  return { ...system, type: declared.type, ...(ids.length > 0 && { userAssignedIdentities: users }) };
}

const declaredIdentity = z.looseObject({
  principalId: z.string().optional(),
  userAssignedIdentities: z.record(z.string(), z.unknown()).optional(),
});

/**
 * The principal of a resource's identity, for what a service does as itself. A system-assigned one has an application
 * of the same id here: nothing asks for it.
 */
export const servicePrincipals =
  (store: ResourceStore) =>
  ({ resourceId, userAssignedIdentity: wanted }: ServiceIdentity): AppPrincipal | undefined => {
    const { data } = declaredIdentity.safeParse(store.get(resourceId)?.['identity']);
    if (wanted === undefined) return data?.principalId === undefined ? undefined : appOf(data.principalId);
    const isItsOwn = Object.keys(data?.userAssignedIdentities ?? {}).some((id) => sameId(id, wanted));
    const ids = isItsOwn ? principal.safeParse(store.get(wanted)?.properties).data : undefined;
    return ids && appOf(ids.principalId, ids.clientId);
  };

const appOf = (objectId: string, clientId = objectId): AppPrincipal => ({ objectId, clientId });
const sameId = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** The emulator's own identity and the user-assigned ones that were made: what the identity endpoint speaks for. */
export const managedIdentities =
  (store: ResourceStore): Identities =>
  (wanted) => {
    const { clientId, objectId, resourceId } = wanted;
    const same = (value: unknown, text: string | undefined): boolean =>
      text === undefined || String(value).toLowerCase() === text.toLowerCase();
    const found = store
      .ofType(USER_ASSIGNED)
      .find(
        ({ id, properties }) =>
          same(properties['clientId'], clientId) && same(properties['principalId'], objectId) && same(id, resourceId),
      );
    const names = [clientId, objectId, resourceId].some((one) => one !== undefined);
    const ids = names
      ? z.object({ principalId: z.string(), clientId: z.string() }).safeParse(found?.properties)
      : undefined;
    return ids?.success ? { objectId: ids.data.principalId, clientId: ids.data.clientId } : onlyOwn(wanted);
  };
