import { z } from 'zod';

import { PRINCIPAL } from '../../entra/principal';
import { USER_ASSIGNED } from '../managed-identity';
import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { ArmError, badRequest, notImplemented } from '../errors';
import { nameOf } from '../path';
import { permissionsOf, ROLE_ASSIGNMENTS } from '../roles/grants';
import { covers } from '../roles/permissions';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import type { Resource } from '../store';
import { filterOf } from './role-filter';

/** The body of a PUT (Authorization provider, RoleAssignmentCreateParameters). */
const description = z.looseObject({
  properties: z.looseObject({
    roleDefinitionId: z.string().regex(/\/roleDefinitions\/[0-9a-f-]{36}$/i, 'ends in /roleDefinitions/<guid>'),
    principalId: z.guid(),
    principalType: z.enum(['User', 'Group', 'ServicePrincipal', 'ForeignGroup', 'Device']).optional(),
    description: z.string().nullish(),
    condition: z.string().nullish(),
  }),
});
type Declared = z.infer<typeof description>['properties'];

const same = (a: unknown, b: unknown): boolean => String(a).toLowerCase() === String(b).toLowerCase();
const samePair = ({ properties }: Resource, declared: Declared): boolean =>
  same(properties['principalId'], declared.principalId) &&
  same(properties['roleDefinitionId'], declared.roleDefinitionId);

/** Role and principal of an assignment are fixed, and a scope has a pair of them once. */
function requireNoConflict({ store }: ArmContext, { id, path }: ArmRequest, declared: Declared): void {
  const existing = store.get(id);
  if (existing !== undefined && !samePair(existing, declared)) {
    const text = 'Tenant ID, application ID, principal ID, and scope are not allowed to be updated.';
    throw new ArmError(400, 'RoleAssignmentUpdateNotPermitted', text);
  }
  const others = store.below(path.scope, ROLE_ASSIGNMENTS).filter((one) => same(one.properties['scope'], path.scope));
  const twin = others.find((one) => !same(one.id, id) && samePair(one, declared));
  if (twin === undefined) return;
  throw new ArmError(409, 'RoleAssignmentExists', `The role assignment already exists. Its ID is ${twin.name}.`);
}

/** Of the principals that may be named, the emulator knows managed identities, its own among them, and so their type. */
function requireRightType({ store }: ArmContext, { principalId, principalType }: Declared): void {
  const isOurs =
    same(principalId, PRINCIPAL.objectId) ||
    store.ofType(USER_ASSIGNED).some(({ properties }) => same(properties['principalId'], principalId));
  if (!isOurs || principalType === undefined || principalType === 'ServicePrincipal') return;
  const text = `The PrincipalId '${principalId}' has type 'ServicePrincipal', which is different from specified PrincipalType '${principalType}'.`;
  throw badRequest(text, 'UnmatchedPrincipalType');
}

function put(context: ArmContext, request: ArmRequest): ArmAnswer {
  const { id, path, caller } = request;
  const name = nameOf(path);
  if (!z.guid().safeParse(name).success) throw badRequest(`the name '${name}' is no GUID`, 'InvalidRoleAssignmentId');
  const { properties: declared } = parseBody(description, request.body);
  requireRightType(context, declared);
  // Without the condition the assignment would allow more than was meant.
  if (declared.condition) throw notImplemented('role assignments with a condition');
  requireNoConflict(context, request, declared);
  const existing = context.store.get(id);
  const now = new Date().toISOString();
  const properties = {
    principalType: 'ServicePrincipal',
    createdOn: now,
    createdBy: caller.oid,
    ...existing?.properties,
    ...declared,
    scope: path.scope,
    updatedOn: now,
    updatedBy: caller.oid,
  };
  const assignment = context.store.put({ id: existing?.id ?? id, name, type: ROLE_ASSIGNMENTS, properties });
  // A role that is not known here allows nothing; the answer says so.
  const isKnown = permissionsOf(context.store, declared.roleDefinitionId) !== undefined;
  const headers: Record<string, string> = isKnown ? {} : { 'x-iothub-emulator': 'recorded' };
  return { status: existing === undefined ? 201 : 200, body: assignment, headers };
}

/** Those at a scope, above it and below it; `atScope()` leaves out those below. */
function listed({ store }: ArmContext, scope: string, filter: string | undefined): Resource[] {
  const wanted = filterOf(filter, ['principalId', 'assignedTo', 'atScope()']);
  const principal = wanted['principalId'] ?? wanted['assignedTo'];
  const holds = (at: string): boolean => covers(at, scope) || (wanted['atScope()'] === undefined && covers(scope, at));
  return store
    .ofType(ROLE_ASSIGNMENTS)
    .filter(({ properties }) => holds(String(properties['scope'])))
    .filter(({ properties }) => principal === undefined || same(properties['principalId'], principal));
}

/** Role assignments on any scope: the Resource Manager and the data planes ask them. */
export const roleAssignments = (context: ArmContext): ResourceType => ({
  type: ROLE_ASSIGNMENTS,
  get: ({ id }) => {
    const assignment = context.store.get(id);
    return assignment && ok(assignment);
  },
  list: ({ path, query }) => listOf(listed(context, path.scope, query['$filter'])),
  put: (request) => put(context, request),
  delete: ({ id }) => {
    const assignment = context.store.get(id);
    context.store.delete(id);
    return assignment === undefined ? { status: 204 } : ok(assignment);
  },
});
