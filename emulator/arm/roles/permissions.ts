/** One element of a role definition's `permissions` (Azure RBAC, "Understand Azure role definitions"). */
export interface Permission {
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly dataActions: readonly string[];
  readonly notDataActions: readonly string[];
}

/** Which plane an action is of: the Resource Manager's own, or the data of a service. */
export type Plane = 'control' | 'data';

/** `*` stands for any text, slashes too; case does not matter. Takes time linear in the texts, whatever they are. */
function matches(pattern: string, action: string): boolean {
  const [start = '', ...parts] = pattern.toLowerCase().split('*');
  const text = action.toLowerCase();
  const end = parts.pop();
  if (end === undefined) return start === text;
  if (!text.startsWith(start)) return false;
  let at = start.length;
  for (const part of parts) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - end.length >= at && text.endsWith(end);
}

/**
 * Whether a role allows an action: one of its permissions names it and does not take it back.
 *
 * @example permits([{ actions: ['*'], notActions: [], dataActions: [], notDataActions: [] }], 'data', 'a/b/read') // => false
 */
export function permits(permissions: readonly Permission[], plane: Plane, action: string): boolean {
  const some = (patterns: readonly string[]): boolean => patterns.some((pattern) => matches(pattern, action));
  return permissions.some(({ actions, notActions, dataActions, notDataActions }) =>
    plane === 'data' ? some(dataActions) && !some(notDataActions) : some(actions) && !some(notActions),
  );
}

/**
 * Whether what is assigned at `scope` holds for a resource: for the scope itself and all below it, ids without case.
 *
 * @example covers('/subscriptions/s', '/subscriptions/S/resourceGroups/g') // => true
 */
export function covers(scope: string, resourceId: string): boolean {
  const wanted = scope.toLowerCase().replace(/\/+$/, '');
  const id = resourceId.toLowerCase();
  return id === wanted || id.startsWith(`${wanted}/`);
}
