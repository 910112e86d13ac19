import { z } from 'zod';

import { PRINCIPAL } from '../../entra/principal';
import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { ArmError, badRequest } from '../errors';
import { nameOf } from '../path';
import { ROLE_ASSIGNMENTS } from '../roles/grants';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import type { Resource } from '../store';

/** The body of a PUT (Authorization provider, RoleAssignmentCreateParameters). */
const description = z.looseObject({
  properties: z.looseObject({
    roleDefinitionId: z.string().regex(/\/roleDefinitions\/[0-9a-f-]{36}$/i, 'ends in /roleDefinitions/<guid>'),
    principalId: z.guid(),
    principalType: z.enum(['User', 'Group', 'ServicePrincipal', 'ForeignGroup', 'Device']).optional(),
    description: z.string().optional(),
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

/** Of the principals that may be named, the emulator knows its own identity, and so the type of that. */
function requireRightType({ principalId, principalType }: Declared): void {
  const isOurs = same(principalId, PRINCIPAL.objectId);
  if (!isOurs || principalType === undefined || principalType === 'ServicePrincipal') return;
  const text = `The PrincipalId '${principalId}' has type 'ServicePrincipal', which is different from specified PrincipalType '${principalType}'.`;
  throw badRequest(text, 'UnmatchedPrincipalType');
}

function put(context: ArmContext, request: ArmRequest): ArmAnswer {
  const { id, path, caller } = request;
  const name = nameOf(path);
  if (!z.guid().safeParse(name).success) throw badRequest(`the name '${name}' is no GUID`, 'InvalidRoleAssignmentId');
  const { properties: declared } = parseBody(description, request.body);
  requireRightType(declared);
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
  return { status: existing === undefined ? 201 : 200, body: assignment };
}

/** Role assignments on any scope. They are kept and checked for form; no data plane asks them yet. */
export const roleAssignments = (context: ArmContext): ResourceType => ({
  type: ROLE_ASSIGNMENTS,
  get: ({ id }) => {
    const assignment = context.store.get(id);
    return assignment && ok(assignment);
  },
  list: ({ path }) => listOf(context.store.below(path.scope, ROLE_ASSIGNMENTS)),
  put: (request) => put(context, request),
  delete: ({ id }) => {
    const assignment = context.store.get(id);
    context.store.delete(id);
    return assignment === undefined ? { status: 204 } : ok(assignment);
  },
});
