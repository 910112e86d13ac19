import { z } from 'zod';

import type { ArmContext } from '../context';
import { parseBody } from '../envelope';
import { ArmError, badRequest } from '../errors';
import { nameOf } from '../path';
import { type ArmAnswer, type ArmRequest, listOf, ok, type ResourceType } from '../resource-type';
import { BUILT_IN_ROLES, type BuiltInRole } from '../roles/builtin';
import { covers } from '../roles/permissions';
import { ROLE_ASSIGNMENTS, ROLE_DEFINITIONS } from '../roles/grants';
import type { Resource } from '../store';
import { filterOf } from './role-filter';

const actions = z.array(z.string().min(1).max(512)).max(1000).default([]);

/** The body of a PUT (Authorization provider, RoleDefinition). */
const description = z.looseObject({
  properties: z.looseObject({
    roleName: z.string().min(1).max(512),
    description: z.string().max(2048).nullish(),
    // clients that write scopes as `/{scope}` double the first slash
    assignableScopes: z
      .array(
        z
          .string()
          .startsWith('/')
          .transform((scope) => scope.replace(/^\/+/, '/')),
      )
      .min(1),
    permissions: z
      .array(z.object({ actions, notActions: actions, dataActions: actions, notDataActions: actions }))
      .length(1, 'a custom role has exactly one permission'),
  }),
});

const builtIn = (scope: string, { id, roleName, description: text, permissions }: BuiltInRole): Resource => ({
  id: `${scope}/providers/${ROLE_DEFINITIONS}/${id}`,
  name: id,
  type: ROLE_DEFINITIONS,
  properties: { roleName, type: 'BuiltInRole', description: text, assignableScopes: ['/'], permissions },
});

/** Custom roles are known in the whole tenant by their GUID; a scope shows those that may be assigned there. */
const customAt = ({ store }: ArmContext, scope: string): Resource[] =>
  store
    .ofType(ROLE_DEFINITIONS)
    .filter(({ properties }) =>
      (properties['assignableScopes'] as string[]).some((one) => covers(one, scope) || covers(scope, one)),
    );

const find = (context: ArmContext, { path }: ArmRequest): Resource | undefined => {
  const name = nameOf(path).toLowerCase();
  const known = BUILT_IN_ROLES.find(({ id }) => id === name);
  if (known !== undefined) return builtIn(path.scope, known);
  return context.store.ofType(ROLE_DEFINITIONS).find((one) => one.name.toLowerCase() === name);
};

function put(context: ArmContext, request: ArmRequest): ArmAnswer {
  const name = nameOf(request.path);
  if (!z.guid().safeParse(name).success) throw badRequest(`the name '${name}' is no GUID`, 'InvalidRoleDefinitionId');
  const existing = find(context, request);
  if (existing?.properties['type'] === 'BuiltInRole')
    throw new ArmError(403, 'CannotUpdateBuiltInRole', 'A built-in role cannot be changed.');
  const { properties } = parseBody(description, request.body);
  const roles = [...BUILT_IN_ROLES, ...context.store.ofType(ROLE_DEFINITIONS).map((one) => roleNameOf(one))];
  const taken = roles.find(
    (one) => one.id !== name && one.roleName.toLowerCase() === properties.roleName.toLowerCase(),
  );
  if (taken !== undefined)
    throw new ArmError(
      409,
      'RoleDefinitionWithSameNameExists',
      `A role named '${properties.roleName}' exists already.`,
    );
  const now = new Date().toISOString();
  const resource = context.store.put({
    id: existing?.id ?? request.id,
    name: existing?.name ?? name,
    type: ROLE_DEFINITIONS,
    properties: { createdOn: now, ...existing?.properties, ...properties, type: 'CustomRole', updatedOn: now },
  });
  return { status: 201, body: resource };
}

const roleNameOf = ({ name, properties }: Resource): { readonly id: string; readonly roleName: string } => ({
  id: name,
  roleName: String(properties['roleName']),
});

/** A role that is assigned stays. */
function remove(context: ArmContext, request: ArmRequest): ArmAnswer {
  const existing = find(context, request);
  if (existing === undefined) return { status: 204 };
  const uses = context.store
    .ofType(ROLE_ASSIGNMENTS)
    .some(({ properties }) =>
      String(properties['roleDefinitionId']).toLowerCase().endsWith(existing.name.toLowerCase()),
    );
  if (uses || existing.properties['type'] === 'BuiltInRole')
    throw new ArmError(
      400,
      'RoleDefinitionHasAssignments',
      'There are existing role assignments, or the role is built in.',
    );
  context.store.delete(existing.id);
  return ok(existing);
}

/** Roles: the built-in ones that the emulator knows, and custom ones, which count on the data planes too. */
export const roleDefinitions = (context: ArmContext): ResourceType => ({
  type: ROLE_DEFINITIONS,
  get: (request) => {
    const found = find(context, request);
    return found && ok(found);
  },
  list: ({ path, query }) => {
    const all = [...BUILT_IN_ROLES.map((one) => builtIn(path.scope, one)), ...customAt(context, path.scope)];
    const { roleName, type } = filterOf(query['$filter'], ['roleName', 'type', 'atScope()']);
    const fits = (value: unknown, wanted: string | undefined): boolean =>
      wanted === undefined || String(value).toLowerCase() === wanted.toLowerCase();
    return listOf(
      all.filter(({ properties }) => fits(properties['roleName'], roleName) && fits(properties['type'], type)),
    );
  },
  put: (request) => put(context, request),
  delete: (request) => remove(context, request),
});
