import { ArmError } from './errors';

/**
 * What a Resource Manager path names. `types` and `names` run in parallel: a resource has a name for each type, a
 * collection lacks the last, an action follows a resource or a provider.
 */
export interface ArmPath {
  readonly subscriptionId: string | undefined;
  readonly resourceGroup: string | undefined;
  /** Id of what the provider part hangs on, '' at the tenant: a subscription, a resource group, or any resource. */
  readonly scope: string;
  /** For example 'Microsoft.Devices'. */
  readonly namespace: string;
  readonly types: readonly string[];
  readonly names: readonly string[];
}

const GROUPS = /^\/subscriptions\/([^/]+)\/resourceGroups(?:\/([^/]+))?$/i;
const SUBSCRIPTIONS = /^\/subscriptions(?:\/([^/]+))?$/i;
const RESOURCES = /^((?:\/subscriptions\/[^/]+)(?:\/resourceGroups\/[^/]+)?)\/resources$/i;

/** Subscription and resource group of any id below them. */
export function placeOf(id: string): Pick<ArmPath, 'subscriptionId' | 'resourceGroup'> {
  return {
    subscriptionId: /^\/subscriptions\/([^/]+)/i.exec(id)?.[1],
    resourceGroup: /^\/subscriptions\/[^/]+\/resourceGroups\/([^/]+)/i.exec(id)?.[1],
  };
}

const present = (...values: (string | undefined)[]): string[] => values.filter((value) => value !== undefined);

/** Subscriptions, resource groups and the list of all resources have paths without `/providers/`. */
function rootPath(path: string): ArmPath | undefined {
  const place = placeOf(path);
  const root = { namespace: 'Microsoft.Resources', ...place };
  const subscription = SUBSCRIPTIONS.exec(path);
  if (subscription) return { ...root, scope: '', types: ['subscriptions'], names: present(subscription[1]) };
  const group = GROUPS.exec(path);
  const scope = `/subscriptions/${place.subscriptionId ?? ''}`;
  if (group) return { ...root, scope, types: ['resourceGroups'], names: present(group[2]) };
  const resources = RESOURCES.exec(path);
  if (resources) return { ...root, scope: resources[1] ?? '', types: ['resources'], names: [] };
  return undefined;
}

/**
 * Takes a path apart; the last `/providers/` counts, so that extension resources (role assignments) hang on any scope.
 *
 * @param path   decoded, without query
 * @throws       ArmError InvalidResourcePath when it has no form that the Resource Manager knows
 * @example      parsePath('/subscriptions/s/resourceGroups/g/providers/Microsoft.Devices/IotHubs/h').names // => ['h']
 */
export function parsePath(path: string): ArmPath {
  const root = rootPath(path.replace(/\/$/, ''));
  if (root) return root;
  const at = path.toLowerCase().lastIndexOf('/providers/');
  const [namespace, ...rest] = path
    .slice(at + '/providers/'.length)
    .split('/')
    .filter((segment) => segment !== '');
  if (at < 0 || namespace === undefined) throw new ArmError(404, 'InvalidResourcePath', `'${path}' names no resource`);
  return {
    ...placeOf(path),
    scope: path.slice(0, at),
    namespace,
    types: rest.filter((_, index) => index % 2 === 0),
    names: rest.filter((_, index) => index % 2 === 1),
  };
}

/** 'Microsoft.Devices/IotHubs' and so on: the full type, without names. */
export const typeOf = ({ namespace, types }: ArmPath): string => [namespace, ...types].join('/');

/** The resource that a path names as its root: the hub of a consumer group, the account of a container. */
export const rootIdOf = ({ scope, namespace, types, names }: ArmPath): string =>
  `${scope}/providers/${namespace}/${types[0] ?? ''}/${names[0] ?? ''}`;

export const nameOf = ({ names }: ArmPath): string => names.join('/');
