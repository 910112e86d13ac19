import { z } from 'zod';

import { badRequest, notImplemented } from '../errors';
import type { ClientHub, Recipients } from '../client-hub';
import { invocationOf } from '../protocols';
import type { SignalRService } from '../service';
import { clientToken } from '../tokens';

/** A request to the REST API whose caller may do what it asks. */
export interface RestCall {
  readonly service: SignalRService;
  /** With the application before it, where one is given. */
  readonly hubName: string;
  readonly hub: ClientHub;
  readonly params: Readonly<Record<'connectionId' | 'group' | 'user', string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly excluded: readonly string[];
  /** @throws SignalRError 400 or 415 */
  readonly body: () => unknown;
}

/** What was done: nothing to say, a body, or that what was asked for is not there. */
export type RestAnswer = 'done' | 'missing' | { readonly body: unknown };

/** Where an operation is in one version of the API, and what it answers when it is done. */
export interface Place {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  /** Below `hubs/:hub`. */
  readonly path: string;
  readonly status: number;
}

export interface Operation {
  /** For faults and counters, after `signalr.`. */
  readonly name: string;
  /** What a role must allow, after `Microsoft.SignalRService/SignalR/`. */
  readonly dataAction: string;
  /** In the versions that have a date. */
  readonly dated: Place;
  /** The first of them that has it. @default '2022-06-01' */
  readonly since?: string;
  /** In version 1; undefined where that has no such operation. */
  readonly v1?: Place;
  readonly run: (call: RestCall) => RestAnswer;
}

/** PayloadMessage (Azure/azure-signalr, docs/swagger/V20220601.json). */
const payload = z.object({ target: z.string().min(1), arguments: z.array(z.unknown()).nullish() });

/** @throws SignalRError 400 */
function invocationIn(body: unknown): ReturnType<typeof invocationOf> {
  const parsed = payload.safeParse(body);
  if (parsed.success) return invocationOf(parsed.data.target, parsed.data.arguments ?? []);
  throw badRequest(parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; '));
}

type ToWhom = (params: RestCall['params']) => Recipients;

const send =
  (toWhom: ToWhom): Operation['run'] =>
  ({ hub, params, excluded, body }) => {
    hub.send(toWhom(params), invocationIn(body()), excluded);
    return 'done';
  };

const close =
  (toWhom: ToWhom): Operation['run'] =>
  ({ hub, params, excluded, query }) => {
    hub.close(toWhom(params), { error: query['reason'] }, excluded);
    return 'done';
  };

const exists =
  (toWhom: ToWhom): Operation['run'] =>
  ({ hub, params }) =>
    hub.select(toWhom(params)).length > 0 ? 'done' : 'missing';

const done = (work: (call: RestCall) => void): Operation['run'] => {
  return (call) => {
    work(call);
    return 'done';
  };
};

const found =
  (work: (call: RestCall) => boolean): Operation['run'] =>
  (call) =>
    work(call) ? 'done' : 'missing';

const toAll: ToWhom = () => ({ to: 'all' });
const toConnection: ToWhom = ({ connectionId }) => ({ to: 'connection', id: connectionId });
const toGroup: ToWhom = ({ group }) => ({ to: 'group', name: group });
const toUser: ToWhom = ({ user }) => ({ to: 'user', name: user });

/** @throws SignalRError 400 for what is no whole number, or one below `least` */
function wholeNumber(query: RestCall['query'], name: string, least: number): number | undefined {
  const text = query[name.toLowerCase()];
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw badRequest(`${name}: '${text}' is no whole number of ${least} or more`);
}

function generateToken({ service, hubName, query }: RestCall): RestAnswer {
  const minutes = wholeNumber(query, 'minutesToExpire', 1) ?? 60;
  return { body: { token: clientToken(service, hubName, { userId: query['userid'], minutes }) } };
}

const place = (method: Place['method'], path: string, status: number): Place => ({ method, path, status });

const CONNECTION = '/connections/:connectionId';
const GROUP = '/groups/:group';
const USER = '/users/:user';
const CLOSE = '/::closeConnections';

/** All of versions 1.0 and 2022-06-01, and the token of 2022-11-01. Which data action each asks for is settled here. */
export const OPERATIONS: readonly Operation[] = [
  {
    name: 'broadcast',
    dataAction: 'hub/send/action',
    dated: place('POST', '/::send', 202),
    v1: place('POST', '', 202),
    run: send(toAll),
  },
  {
    name: 'sendToConnection',
    dataAction: 'clientConnection/send/action',
    dated: place('POST', `${CONNECTION}/::send`, 202),
    v1: place('POST', CONNECTION, 202),
    run: send(toConnection),
  },
  {
    name: 'sendToGroup',
    dataAction: 'group/send/action',
    dated: place('POST', `${GROUP}/::send`, 202),
    v1: place('POST', GROUP, 202),
    run: send(toGroup),
  },
  {
    name: 'sendToUser',
    dataAction: 'user/send/action',
    dated: place('POST', `${USER}/::send`, 202),
    v1: place('POST', USER, 202),
    run: send(toUser),
  },
  {
    name: 'connectionExists',
    dataAction: 'clientConnection/read',
    dated: place('HEAD', CONNECTION, 200),
    v1: place('GET', CONNECTION, 200),
    run: exists(toConnection),
  },
  {
    name: 'groupExists',
    dataAction: 'group/read',
    dated: place('HEAD', GROUP, 200),
    v1: place('GET', GROUP, 200),
    run: exists(toGroup),
  },
  {
    name: 'userExists',
    dataAction: 'user/read',
    dated: place('HEAD', USER, 200),
    v1: place('GET', USER, 200),
    run: exists(toUser),
  },
  {
    name: 'userInGroup',
    dataAction: 'group/read',
    dated: place('HEAD', `${USER}${GROUP}`, 200),
    v1: place('GET', `${GROUP}${USER}`, 200),
    run: found(({ hub, params }) => hub.isUserInGroup(params.user, params.group)),
  },
  {
    name: 'closeConnection',
    dataAction: 'clientConnection/write',
    dated: place('DELETE', CONNECTION, 200),
    v1: place('DELETE', CONNECTION, 202),
    run: close(toConnection),
  },
  {
    name: 'closeConnections',
    dataAction: 'clientConnection/write',
    dated: place('POST', CLOSE, 204),
    run: close(toAll),
  },
  {
    name: 'closeGroupConnections',
    dataAction: 'clientConnection/write',
    dated: place('POST', `${GROUP}${CLOSE}`, 204),
    run: close(toGroup),
  },
  {
    name: 'closeUserConnections',
    dataAction: 'clientConnection/write',
    dated: place('POST', `${USER}${CLOSE}`, 204),
    run: close(toUser),
  },
  {
    name: 'addConnectionToGroup',
    dataAction: 'group/write',
    dated: place('PUT', `${GROUP}${CONNECTION}`, 200),
    v1: place('PUT', `${GROUP}${CONNECTION}`, 200),
    run: found(({ hub, params }) => hub.addToGroup(params.connectionId, params.group)),
  },
  {
    name: 'removeConnectionFromGroup',
    dataAction: 'group/write',
    dated: place('DELETE', `${GROUP}${CONNECTION}`, 200),
    v1: place('DELETE', `${GROUP}${CONNECTION}`, 200),
    run: found(({ hub, params }) => hub.removeFromGroup(params.connectionId, params.group)),
  },
  {
    name: 'removeConnectionFromAllGroups',
    dataAction: 'group/write',
    dated: place('DELETE', `${CONNECTION}/groups`, 200),
    run: done(({ hub, params }) => hub.removeFromAllGroups(params.connectionId)),
  },
  {
    name: 'addUserToGroup',
    dataAction: 'user/write',
    dated: place('PUT', `${USER}${GROUP}`, 200),
    v1: place('PUT', `${GROUP}${USER}`, 202),
    run: done(({ hub, params, query }) => hub.addUserToGroup(params.user, params.group, wholeNumber(query, 'ttl', 0))),
  },
  {
    name: 'removeUserFromGroup',
    dataAction: 'user/write',
    dated: place('DELETE', `${USER}${GROUP}`, 204),
    v1: place('DELETE', `${GROUP}${USER}`, 202),
    run: done(({ hub, params }) => hub.removeUserFromGroup(params.user, params.group)),
  },
  {
    name: 'removeUserFromAllGroups',
    dataAction: 'user/write',
    dated: place('DELETE', `${USER}/groups`, 204),
    v1: place('DELETE', `${USER}/groups`, 200),
    run: done(({ hub, params }) => hub.removeUserFromAllGroups(params.user)),
  },
  {
    name: 'generateToken',
    dataAction: 'auth/clientToken/action',
    since: '2022-11-01',
    dated: place('POST', '/::generateToken', 200),
    run: generateToken,
  },
];

const unbuilt = (name: string, since: string, method: Place['method'], path: string, what: string): Operation => ({
  name,
  dataAction: 'hub/*',
  since,
  dated: place(method, path, 200),
  run: () => {
    throw notImplemented(what);
  },
});

/** What later versions have beside: answered by name. */
export const UNBUILT: readonly Operation[] = [
  unbuilt('execute', '2023-07-01', 'POST', '/::execute', 'commands in a transaction (:execute)'),
  unbuilt('invoke', '2024-12-01', 'POST', `${CONNECTION}/::invoke`, 'invocations that a client answers (:invoke)'),
  unbuilt('sendToStream', '2024-12-01', 'POST', `${CONNECTION}/streams/:streamId/::send`, 'streams'),
  unbuilt('completeStream', '2024-12-01', 'POST', `${CONNECTION}/streams/:streamId/::complete`, 'streams'),
  unbuilt('listGroup', '2024-12-01', 'GET', `${GROUP}/connections`, 'the list of connections in a group'),
];
