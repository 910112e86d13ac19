import { PRINCIPAL } from '../../entra/principal';
import type { ResourceStore } from '../store';
import { BUILT_IN_ROLES, OWNER } from './builtin';
import { covers, type Permission, permits, type Plane } from './permissions';

export const ROLE_ASSIGNMENTS = 'Microsoft.Authorization/roleAssignments';
export const ROLE_DEFINITIONS = 'Microsoft.Authorization/roleDefinitions';

/** What a principal may do at a scope. */
export interface Grant {
  readonly scope: string;
  readonly permissions: readonly Permission[];
}

/** @param roleDefinitionId ends in the role's GUID @returns undefined for a role that is neither built in nor made */
export function permissionsOf(store: ResourceStore, roleDefinitionId: string): readonly Permission[] | undefined {
  const guid = roleDefinitionId.split('/').at(-1)?.toLowerCase();
  const builtIn = BUILT_IN_ROLES.find(({ id }) => id === guid);
  if (builtIn !== undefined) return builtIn.permissions;
  const custom = store.ofType(ROLE_DEFINITIONS).find(({ name }) => name.toLowerCase() === guid);
  return custom?.properties['permissions'] as readonly Permission[] | undefined; // role-definitions.ts wrote them
}

/** The emulator's own identity owns the tenant; everything else is assigned. */
const ownerGrants = (objectId: string): Grant[] =>
  objectId === PRINCIPAL.objectId
    ? BUILT_IN_ROLES.filter(({ id }) => id === OWNER).map(({ permissions }) => ({ scope: '', permissions }))
    : [];

/** All that is granted to a principal. */
export function grantsOf(store: ResourceStore, objectId: string): Grant[] {
  const assigned = store
    .ofType(ROLE_ASSIGNMENTS)
    .filter(({ properties }) => String(properties['principalId']).toLowerCase() === objectId.toLowerCase())
    .map(({ properties }) => ({
      scope: String(properties['scope']),
      permissions: permissionsOf(store, String(properties['roleDefinitionId'])) ?? [],
    }));
  return [...ownerGrants(objectId), ...assigned];
}

/** Whether a principal may do `action` on a resource: some role, assigned at it or above it, allows it. */
export const isGranted = (
  store: ResourceStore,
  objectId: string,
  plane: Plane,
  resourceId: string,
  action: string,
): boolean =>
  grantsOf(store, objectId).some(
    ({ scope, permissions }) => covers(scope, resourceId) && permits(permissions, plane, action),
  );
