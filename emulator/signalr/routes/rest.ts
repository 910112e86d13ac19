import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { SIGNALR_HOST_PATTERN } from '../../names';
import { decodedUri } from '../../uri';
import { queryOf } from '../../wire/https';
import { COMMON_KINDS } from '../../world/faults';
import { passes } from '../../world/http-faults';
import { badRequest, notFound, SignalRError, signalRFault } from '../errors';
import type { SignalRServices } from '../services';
import { authorize } from '../tokens';
import { hubNameOf, serviceAt } from './host';
import { type Operation, OPERATIONS, type Place, type RestAnswer, type RestCall, UNBUILT } from './operations';

/** Versions of the API with a date, oldest first (Azure/azure-signalr, docs/swagger; 2022-11-01 by its examples). */
const VERSIONS = ['2022-06-01', '2022-11-01', '2023-07-01', '2024-12-01'];

const ACTIONS = 'Microsoft.SignalRService/SignalR';

/** The way into the API in one of its forms. */
interface Form {
  readonly prefix: string;
  /** @throws SignalRError 400 */
  readonly requireVersion: (given: string | undefined, since: string | undefined) => void;
}

const DATED: Form = {
  prefix: '/api/hubs/:hub',
  requireVersion: (given, since = '2022-06-01') => {
    const known = VERSIONS.filter((version) => version >= since);
    if (given !== undefined && known.includes(given)) return;
    throw badRequest(`api-version: '${given ?? ''}' is none of ${known.join(', ')}`);
  },
};
const V1: Form = { prefix: '/api/v1/hubs/:hub', requireVersion: () => undefined };

/** What servers ask and tell the service: messages, groups, connections, tokens of clients. */
export function restRoutes(fastify: FastifyInstance, services: SignalRServices): void {
  for (const operation of [...OPERATIONS, ...UNBUILT]) {
    add(fastify, services, operation, { form: DATED, place: operation.dated });
    if (operation.v1 !== undefined) add(fastify, services, operation, { form: V1, place: operation.v1 });
  }
  for (const url of ['/api/health', '/api/v1/health']) {
    const healthy = ({ headers }: FastifyRequest, reply: FastifyReply): FastifyReply => {
      serviceAt(services, headers.host);
      return reply.code(200).send();
    };
    fastify.route({ method: 'HEAD', url, constraints: { host: SIGNALR_HOST_PATTERN }, handler: healthy });
  }
  for (const [url, form] of [
    ['/api/auth/accessKey', DATED],
    ['/api/v1/auth/accessKey', V1],
  ] as const) {
    addAccessKey(fastify, services, url, form);
  }
}

interface Where {
  readonly form: Form;
  readonly place: Place;
}

function add(fastify: FastifyInstance, services: SignalRServices, operation: Operation, where: Where): void {
  const { world } = services;
  const { form, place } = where;
  const name = `signalr.${operation.name}`;
  world.faults.declare(COMMON_KINDS, name);
  fastify.route({
    method: place.method,
    url: `${form.prefix}${place.path}`,
    constraints: { host: SIGNALR_HOST_PATTERN },
    config: { signalr: name },
    handler: async (request, reply) => {
      const call = callOf(services, request, operation.dataAction);
      form.requireVersion(call.query['api-version'], operation.since);
      const occasion = { hub: call.hubName };
      if (!(await passes(world, { operation: name, occasion, reply, refusal: signalRFault }))) return reply;
      return answer(reply, place.status, operation.run(call));
    },
  });
}

function answer(reply: FastifyReply, status: number, given: RestAnswer): FastifyReply {
  if (given === 'missing') throw notFound('There is no such connection, group or user.');
  return given === 'done' ? reply.code(status).send() : reply.code(status).send(given.body);
}

/** A key to sign tokens of clients with, for servers that have Entra tokens and no access key. */
function addAccessKey(fastify: FastifyInstance, services: SignalRServices, url: string, form: Form): void {
  fastify.get(
    url,
    { constraints: { host: SIGNALR_HOST_PATTERN }, config: { signalr: 'signalr.accessKey' } },
    (request, reply) => {
      const service = serviceAt(services, request.headers.host);
      authorizeRequest(services, request, 'auth/accessKey/action');
      form.requireVersion(queryOf(request)['api-version'], undefined);
      const { id, accessKey } = service.signingKeys.make();
      return reply.send({ AccessKey: accessKey, KeyId: id });
    },
  );
}

/** @throws SignalRError */
function callOf(services: SignalRServices, request: FastifyRequest, dataAction: string): RestCall {
  const service = serviceAt(services, request.headers.host);
  authorizeRequest(services, request, dataAction);
  const params = request.params as RestCall['params'] & { readonly hub: string };
  if ('group' in params) requireGroup(params.group);
  const query = queryOf(request);
  const hubName = hubNameOf(params.hub, query['application']);
  const { excluded = [] } = request.query as { excluded?: string | string[] };
  return {
    service,
    hubName,
    hub: service.hub(hubName),
    params,
    query,
    excluded: [excluded].flat(),
    body: () => jsonOf(request),
  };
}

function authorizeRequest(services: SignalRServices, request: FastifyRequest, dataAction: string): void {
  const path = request.url.split('?')[0] ?? '';
  if (decodedUri(path) === undefined) throw badRequest('The path is not properly encoded.');
  const { authorization } = request.headers;
  const service = serviceAt(services, request.headers.host);
  authorize(services.world, service, { authorization, path, dataAction: `${ACTIONS}/${dataAction}` });
}

/** @throws SignalRError 400 */
function requireGroup(group: string): void {
  if (group.trim() !== '' && group.length <= 1024) return;
  throw badRequest('group: its name has 1 to 1024 characters, not all of them spaces');
}

/** @throws SignalRError 400 or 415 */
function jsonOf({ headers, body }: FastifyRequest): unknown {
  const type = headers['content-type'] ?? 'application/json';
  if (!/^application\/json\b/i.test(type)) {
    const text = `The emulator reads messages of application/json only, not of ${type}.`;
    throw new SignalRError(415, 'UnsupportedMediaType', text);
  }
  try {
    return JSON.parse(Buffer.isBuffer(body) ? body.toString() : '');
  } catch {
    throw badRequest('The request body is not valid JSON.');
  }
}
