import { randomUUID } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { HUB_HOST_PATTERN } from '../../names';
import { authenticate, authenticateCertificate, requireAccess, type Principal } from '../access';
import { errorBody, HubError } from '../errors';
import type { Hub, Hubs } from '../hubs';
import { isFullTier } from '../quotas';
import type { Right } from '../settings';
import type { Proof } from '../device-message';
import { pathOf, queryOf, refusalOf } from '../../wire/https';
import { peerOf } from '../../wire/peer';
import { configurationRoutes } from './configurations';
import { ThrottledError } from '../throttle/throttle';
import { deviceFileRoutes } from './device-files';
import { cloudMessageRoutes, deviceMessageRoutes } from './device-messages';
import { deviceRoutes } from './devices';
import { enter, FaultError } from './entrance';
import { jobRoutes } from './jobs';
import { methodRoutes } from './methods';
import { moduleRoutes } from './modules';
import { COMMON_KINDS } from '../../world/faults';
import { operationOf } from '../../world/operation';
import { decodedUri } from '../../uri';
import { queryRoutes } from './query';
import type { AddRoute, HubCall, HubRoute } from './route';
import { statisticsRoutes } from './statistics';
import { transferRoutes } from './transfers';
import { twinRoutes } from './twins';
import { unbuiltRoutes } from './unbuilt';

declare module 'fastify' {
  interface FastifyRequest {
    /** How the caller of a hub proved who it is, once it is let in. */
    proof: Proof | undefined;
  }
  interface FastifyContextConfig {
    /** What a hub's route asks of its caller. */
    hubRoute?: HubRoute;
  }
}

/** Largest body: a bulk of 100 devices. */
const LARGEST_BODY = 4 * 1024 * 1024;

/** The service REST API of every hub, told apart by the Host header (docs/emulator-parity.md lists the operations). */
export function hubPlugin(fastify: FastifyInstance, { hubs }: { hubs: Hubs }, done: () => void): void {
  fastify.removeAllContentTypeParsers();
  fastify.decorateRequest('proof', undefined);
  fastify.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LARGEST_BODY }, (_request, body, parsed) => {
    parsed(null, body);
  });
  fastify.addHook('onRequest', (request, reply, next) => {
    void reply.headers({ 'x-ms-request-id': randomUUID(), vary: 'Origin' });
    next(refusalOf(() => admit(hubs, request)));
  });
  fastify.setErrorHandler((error: FastifyError | HubError, request, reply) => refuse(error, request, reply));
  const add = adder(fastify, hubs);
  for (const routes of [
    deviceRoutes,
    moduleRoutes,
    configurationRoutes,
    transferRoutes,
    twinRoutes,
    methodRoutes,
    queryRoutes,
    jobRoutes,
    statisticsRoutes,
    deviceMessageRoutes,
    deviceFileRoutes,
    cloudMessageRoutes,
    unbuiltRoutes,
  ]) {
    routes(add);
  }
  fastify.all('/*', { constraints: { host: HUB_HOST_PATTERN } }, ({ method, url }) => {
    throw new HubError('GenericNotFound', `There is no operation ${method} ${url.split('?')[0] ?? ''}.`);
  });
  done();
}

const adder =
  (fastify: FastifyInstance, hubs: Hubs): AddRoute =>
  (method, url, { right, action = [], style = 'registry', everyTier = false }, handler) => {
    const operation = operationOf(method, url);
    hubs.declare(COMMON_KINDS, operation);
    fastify.route({
      method,
      url,
      constraints: { host: HUB_HOST_PATTERN },
      config: { hubRoute: { right, action, style, everyTier } },
      handler: async (request, reply) => {
        const hub = hubOf(hubs, request);
        const call = callOf(hub, request, reply);
        if (!(await enter(hub, operation, request, reply, () => call.body))) return reply;
        return (await handler(call)) ?? reply.code(204).send();
      },
      onResponse: (_request, reply, done) => {
        hubs.count(`${operation} ${reply.statusCode}`);
        done();
      },
    });
  };

function callOf(hub: Hub, request: FastifyRequest, reply: FastifyReply): HubCall {
  const raw = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  let read: { readonly body: unknown } | undefined;
  return {
    hub,
    params: request.params as Record<string, string>, // no route has a wildcard twice
    query: queryOf(request),
    get body() {
      return (read ??= { body: jsonOf(raw) }).body;
    },
    raw,
    get headers() {
      return pairsOf(request.raw.rawHeaders);
    },
    proof: request.proof ?? { scope: 'hub', type: 'sas' },
    header: (name) => headerOf(request, name),
    set: (name, value) => void reply.header(name, value),
    status: (code) => void reply.code(code),
  };
}

/** @throws HubError IotHubFormatError */
function jsonOf(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new HubError('IotHubFormatError', 'The request body is not valid JSON.');
  }
}

/** Names and values in turn, as node keeps them. */
const pairsOf = (rawHeaders: readonly string[]): [string, string][] =>
  rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? '']] : []));

const headerOf = (request: FastifyRequest, name: string): string | undefined => request.headers[name]?.toString();

/** Lets a request through to its handler. @throws HubError */
function admit(hubs: Hubs, request: FastifyRequest): void {
  const hub = hubOf(hubs, request);
  const path = pathOf(request);
  const { right, action = [], everyTier } = request.routeOptions.config.hubRoute ?? {};
  const principal = principalOf(hub, request, decoded(path), right);
  const call = { method: request.method, path: `/${path}` };
  requireAccess(hub, principal, { right, actions: [action].flat() }, call);
  if (everyTier === false && !isFullTier(hub.settings.sku)) {
    throw new HubError('OperationNotAvailableInCurrentTier', 'The operation is not available in the current tier.');
  }
  const version = (request.query as Record<string, unknown>)['api-version'];
  if (typeof version !== 'string' || !/^\d{4}-\d\d-\d\d(-preview)?$/.test(version)) {
    throw new HubError('InvalidProtocolVersion', 'The api-version is missing or malformed.');
  }
}

/** By the Authorization header; without one, where devices may call, by the client certificate. */
function principalOf(hub: Hub, request: FastifyRequest, path: string, right: Right | undefined): Principal {
  const { authorization } = request.headers;
  const { socket } = request.raw;
  const isByCertificate = authorization === undefined && right === 'DeviceConnect' && socket instanceof TLSSocket;
  const principal = isByCertificate
    ? authenticateCertificate(hub, peerOf(socket), path)
    : authenticate(hub, authorization, path);
  request.proof = { scope: principal.scope, type: isByCertificate ? 'x509' : 'sas' };
  return principal;
}

function hubOf(hubs: Hubs, { headers }: FastifyRequest): Hub {
  const name = HUB_HOST_PATTERN.exec(headers.host ?? '')?.[1] ?? '';
  const hub = hubs.get(name);
  if (hub === undefined) throw new HubError('IotHubNotFound', `There is no hub '${name}'.`);
  return hub;
}

function decoded(path: string): string {
  const text = decodedUri(path);
  if (text === undefined) throw new HubError('ArgumentInvalid', 'The path is not properly encoded.');
  return text;
}

async function refuse(error: FastifyError | HubError, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const known = error instanceof HubError ? error : hubErrorOf(error);
  if (known.status === 500) process.emitWarning(error);
  const style = request.routeOptions.config.hubRoute?.style ?? 'registry';
  const retryAfter =
    known instanceof ThrottledError || known instanceof FaultError ? known.retryAfterSeconds : undefined;
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter));
  await reply
    .code(known.status)
    .header('iothub-errorcode', known.errorName)
    .send(errorBody(known, style, Date.now()));
}

/** Answers what cannot be routed at all, such as a path that is not properly encoded: for fastify's `frameworkErrors`. */
export function refuseUnroutable(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const known = new HubError('ArgumentInvalid', error.message);
  void reply
    .code(known.status)
    .header('iothub-errorcode', known.errorName)
    .send(errorBody(known, 'registry', Date.now()));
}

/** Fastify's own refusals, in the hub's terms. */
function hubErrorOf({ statusCode = 500, message }: FastifyError): HubError {
  if (statusCode === 413) return new HubError('MessageTooLarge', message);
  if (statusCode === 415) return new HubError('GenericUnsupportedMediaType', message);
  return statusCode < 500 ? new HubError('ArgumentInvalid', message) : new HubError('ServerError', 'Internal error.');
}
