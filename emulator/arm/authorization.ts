import { PRINCIPAL } from '../entra/principal';
import type { Method } from './dispatch';
import { ArmError } from './errors';
import { typeOf } from './path';
import type { ArmRequest } from './resource-type';
import { isGranted } from './roles/grants';
import type { ResourceStore } from './store';

const VERBS = { GET: 'read', PUT: 'write', PATCH: 'write', DELETE: 'delete', POST: 'action' } as const;

/** Azure names groups and lists of resources under their subscription (Azure resource provider operations). */
const NAMES: Readonly<Record<string, string>> = {
  'microsoft.resources/resourcegroups': 'Microsoft.Resources/subscriptions/resourceGroups',
  'microsoft.resources/resources': 'Microsoft.Resources/subscriptions/resources',
  'microsoft.resources/subscriptions': 'Microsoft.Resources/subscriptions',
};

/** The action that a role must allow; a POST's path ends in the action itself. */
function actionOf(method: Method, { path }: ArmRequest): string {
  const type = typeOf(path);
  return `${NAMES[type.toLowerCase()] ?? type}/${VERBS[method]}`;
}

/**
 * Asks the caller's role assignments. The emulator's own identity owns the subscription; others have what is assigned.
 *
 * @throws ArmError 403 AuthorizationFailed, in the Resource Manager's words
 */
export function requireAuthorized(store: ResourceStore, method: Method, request: ArmRequest): void {
  const { oid } = request.caller;
  if (oid === PRINCIPAL.objectId) return;
  const action = actionOf(method, request);
  const isPolling = /\/operationResults$/i.test(typeOf(request.path)); // the id is known to whoever began the work
  if (isPolling || isGranted(store, oid, 'control', request.id, action)) return;
  const text = `The client '${oid}' with object id '${oid}' does not have authorization to perform action '${action}' over scope '${request.id}' or the scope is invalid. If access was recently granted, please refresh your credentials.`;
  throw new ArmError(403, 'AuthorizationFailed', text);
}
