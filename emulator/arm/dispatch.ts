import { requireAuthorized } from './authorization';
import type { ArmContext } from './context';
import { ArmError, notImplemented } from './errors';
import { type ArmPath, placeOf, rootIdOf, typeOf } from './path';
import type { ArmAnswer, ArmRequest, Handler, ResourceType } from './resource-type';
import { recordedAction, recordedType } from './types/recorded';
import { RESOURCE_GROUPS } from './types/resource-groups';

export type Method = 'GET' | 'PUT' | 'PATCH' | 'DELETE' | 'POST';

const notFound = ({ id, path }: ArmRequest): ArmError => {
  const group = placeOf(id).resourceGroup;
  if (typeOf(path) === RESOURCE_GROUPS) {
    return new ArmError(404, 'ResourceGroupNotFound', `Resource group '${path.names[0] ?? ''}' could not be found.`);
  }
  const what = `${path.namespace}/${path.types.map((type, at) => `${type}/${path.names[at] ?? ''}`).join('/')}`;
  const where = group === undefined ? '' : ` under resource group '${group}'`;
  return new ArmError(404, 'ResourceNotFound', `The Resource '${what}'${where} was not found.`);
};

/** A subscription, a group and a parent must exist before anything is asked of what lies in them. */
function requirePlace({ store, subscriptionId }: ArmContext, request: ArmRequest): void {
  const { path } = request;
  if (path.subscriptionId !== undefined && path.subscriptionId.toLowerCase() !== subscriptionId) {
    const text = `The subscription '${path.subscriptionId}' could not be found; the emulator's is ${subscriptionId}.`;
    throw new ArmError(404, 'SubscriptionNotFound', text);
  }
  if (typeOf(path) === RESOURCE_GROUPS || path.resourceGroup === undefined) return;
  const group = `/subscriptions/${path.subscriptionId ?? ''}/resourceGroups/${path.resourceGroup}`;
  if (store.get(group) === undefined) {
    throw new ArmError(404, 'ResourceGroupNotFound', `Resource group '${path.resourceGroup}' could not be found.`);
  }
  const isBelowARoot = path.types.length > 1;
  if (!isBelowARoot || store.get(rootIdOf(path)) !== undefined) return;
  const text = `The parent resource '${rootIdOf(path)}' was not found: create it first.`;
  throw new ArmError(404, 'ParentResourceNotFound', text);
}

const HANDLERS = { GET: 'get', PUT: 'put', PATCH: 'patch', DELETE: 'delete' } as const;

/** Finds who answers for a request: a type of ours, or the recorder for any other. */
export class Dispatcher {
  readonly #types: ReadonlyMap<string, ResourceType>;

  constructor(
    private readonly context: ArmContext,
    types: readonly ResourceType[],
  ) {
    this.#types = new Map(types.map((type) => [type.type.toLowerCase(), type]));
  }

  /** @throws ArmError for everything that is not a success */
  async answer(method: Method, request: ArmRequest): Promise<ArmAnswer> {
    requireAuthorized(this.context.store, method, request);
    const { target, handler } = method === 'POST' ? this.#action(request) : this.#operation(method, request);
    requirePlace(this.context, target);
    const answer = await handler(target);
    if (answer === undefined) throw notFound(target);
    return answer;
  }

  #operation(method: Method, target: ArmRequest): Asked {
    return { target, handler: this.#handler(method, target.path) };
  }

  #handler(method: Method, path: ArmPath): Handler {
    const type = this.#types.get(typeOf(path).toLowerCase()) ?? recordedType(this.context, typeOf(path));
    const isCollection = path.names.length < path.types.length;
    const handler = isCollection ? method === 'GET' && type.list : method !== 'POST' && type[HANDLERS[method]];
    if (handler) return handler;
    throw new ArmError(405, 'MethodNotAllowed', `${method} is not supported on ${type.type}`);
  }

  #action(request: ArmRequest): Asked {
    const [target, action] = ownerOf(request);
    const handler = this.#types.get(typeOf(target.path).toLowerCase())?.actions?.[action.toLowerCase()];
    const asked = handler === undefined ? recordedAction(this.context, request) : { target, handler };
    if (asked !== undefined) return asked;
    requirePlace(this.context, target);
    throw notImplemented(`the action ${action} of ${typeOf(target.path)}`);
  }
}

/** Who answers, and the resource that is asked. */
interface Asked {
  readonly target: ArmRequest;
  readonly handler: Handler;
}

/** POST asks the resource (or provider) before the last segment for the action that the last segment names. */
function ownerOf(request: ArmRequest): [ArmRequest, string] {
  const { path, id } = request;
  const owner = { ...path, types: path.types.slice(0, -1) };
  return [{ ...request, path: owner, id: id.slice(0, id.lastIndexOf('/')) }, path.types.at(-1) ?? ''];
}
