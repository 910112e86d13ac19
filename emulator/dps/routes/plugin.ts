import { randomUUID } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DPS_HOST_PATTERN } from '../../names';
import { pathOf, queryOf, refusalOf } from '../../wire/https';
import { peerOf } from '../../wire/peer';
import { authorize } from '../access';
import { apiVersionOf, LARGEST_DEVICE_BODY } from '../device-request';
import { COMMON_KINDS } from '../../world/faults';
import { passes } from '../../world/http-faults';
import { operationOf } from '../../world/operation';
import { decodedUri } from '../../uri';
import { badRequest, DpsError, dpsErrorBody, dpsFault } from '../errors';
import type { ProvisioningService, ProvisioningServices } from '../services';
import type { AddDpsRoute, DpsCall, DpsRoute } from './call';
import { deviceRoutes } from './device';
import { serviceRoutes } from './service';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What a provisioning service's route asks of its caller. */
    dpsRoute?: DpsRoute;
  }
}

/** Largest body of the service API: a bulk of 10 enrollments with twins and certificates. */
const LARGEST_BODY = 2 * 1024 * 1024;

/** Both APIs of every provisioning service: devices name it by id scope, its owners by the Host header. */
export function dpsPlugin(
  fastify: FastifyInstance,
  { provisioning }: { provisioning: ProvisioningServices },
  done: () => void,
): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'string', bodyLimit: LARGEST_BODY }, (_request, body, parsed) => {
    try {
      parsed(null, body === '' ? undefined : (JSON.parse(String(body)) as unknown));
    } catch {
      parsed(badRequest('The request body is not valid JSON.'));
    }
  });
  fastify.addHook('onRequest', (request, reply, next) => {
    void reply.headers({ 'x-ms-request-id': randomUUID(), 'strict-transport-security': HSTS });
    next(refusalOf(() => admit(provisioning, request)));
  });
  fastify.setErrorHandler((error: FastifyError | DpsError, _request, reply) => refuse(provisioning, error, reply));
  const add = adder(fastify, provisioning);
  serviceRoutes(add);
  deviceRoutes(add);
  fastify.all('/*', { constraints: { host: DPS_HOST_PATTERN } }, ({ method, url }) => {
    throw new DpsError('NotFound', `There is no operation ${method} ${url.split('?')[0] ?? ''}.`);
  });
  done();
}

const HSTS = 'max-age=31536000; includeSubDomains';

const adder =
  (fastify: FastifyInstance, provisioning: ProvisioningServices): AddDpsRoute =>
  (method, url, route, handler) => {
    const operation = `dps.${operationOf(method, url)}`;
    provisioning.world.faults.declare(COMMON_KINDS, operation);
    fastify.route({
      method,
      url,
      constraints: { host: DPS_HOST_PATTERN },
      config: { dpsRoute: route },
      bodyLimit: route.of === 'device' ? LARGEST_DEVICE_BODY : LARGEST_BODY,
      handler: async (request, reply) => {
        const service = serviceOf(provisioning, request);
        const { id, registrationId } = request.params as Record<string, string | undefined>;
        const occasion = { deviceId: registrationId ?? id };
        if (!(await passes(provisioning.world, { operation, occasion, reply, refusal: dpsFault }))) return reply;
        return (await handler(callOf(service, request, reply))) ?? reply.code(204).send();
      },
      onResponse: (_request, reply, answered) => {
        provisioning.world.counters.add(`${operation} ${reply.statusCode}`);
        answered();
      },
    });
  };

function callOf(service: ProvisioningService, request: FastifyRequest, reply: FastifyReply): DpsCall {
  return {
    service,
    params: request.params as Record<string, string>, // no route has a wildcard twice
    query: queryOf(request),
    body: request.body,
    host: request.headers.host ?? '',
    header: (name) => request.headers[name]?.toString(),
    certificates: () => (request.raw.socket instanceof TLSSocket ? peerOf(request.raw.socket).certificates : []),
    set: (name, value) => void reply.header(name, value),
    status: (code) => void reply.code(code),
  };
}

/** Lets a request through to its handler. Devices prove themselves there. @throws DpsError */
function admit(provisioning: ProvisioningServices, request: FastifyRequest): void {
  const { dpsRoute } = request.routeOptions.config;
  if (dpsRoute === undefined) return; // answers 404
  const service = serviceOf(provisioning, request);
  if (dpsRoute.of === 'service') {
    authorize(service, request.headers.authorization, decoded(pathOf(request)), dpsRoute.need);
    service.limits.take('operations');
  }
  apiVersionOf(queryOf(request)['api-version']);
}

/** @throws DpsError for an id scope or host that is no service's */
function serviceOf(provisioning: ProvisioningServices, request: FastifyRequest): ProvisioningService {
  const { dpsRoute } = request.routeOptions.config;
  if (dpsRoute?.of === 'device') {
    const { idScope = '' } = request.params as Record<string, string>;
    const service = provisioning.ofIdScope(idScope);
    if (service === undefined) throw new DpsError('InvalidCredential', 'Unauthorized');
    return service;
  }
  const service = provisioning.get(DPS_HOST_PATTERN.exec(request.headers.host ?? '')?.[1] ?? '');
  if (service === undefined) throw new DpsError('NotFound', 'There is no such provisioning service.');
  return service;
}

function decoded(path: string): string {
  const text = decodedUri(path);
  if (text === undefined) throw badRequest('The path is not properly encoded.');
  return text;
}

async function refuse(
  { world }: ProvisioningServices,
  error: FastifyError | DpsError,
  reply: FastifyReply,
): Promise<void> {
  const known = error instanceof DpsError ? error : dpsErrorOf(error);
  if (known.status === 500) process.emitWarning(error);
  if (known.retryAfterSeconds !== undefined) void reply.header('retry-after', String(known.retryAfterSeconds));
  await reply
    .code(known.status)
    .header('x-ms-error-code', String(known.code))
    .send(dpsErrorBody(known, world.clock.now()));
}

/** As `refuseUnroutable` of the hubs: what fastify cannot route at all. */
export function refuseUnroutableDps(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  const known = badRequest(error.message);
  void reply.code(known.status).header('x-ms-error-code', String(known.code)).send(dpsErrorBody(known, Date.now()));
}

/** Fastify's own refusals, in the service's terms. */
function dpsErrorOf({ statusCode = 500, message }: FastifyError): DpsError {
  if (statusCode === 413) return new DpsError('TooLarge', message);
  if (statusCode === 415) return new DpsError('UnsupportedMediaType', message);
  return statusCode < 500 ? badRequest(message) : new DpsError('ServerError', 'Internal error.');
}
