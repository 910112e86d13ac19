import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { SIGNALR_HOST_PATTERN } from '../../names';
import { badRequest, notFound, notImplemented, SignalRError } from '../errors';
import type { SignalRServices } from '../services';
import { clientRoutes } from './client';
import { corsHeaders, preflightHeaders } from './cors';
import { restRoutes } from './rest';
import { serviceAt } from './host';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What counters call a route of a SignalR service. */
    signalr?: string;
  }
}

/** "Body size is a maximum of 1 MB" (signalr-reference-data-plane-rest-api.md, "Limitation"). */
const LARGEST_BODY = 1024 * 1024;

/** Both sides of every SignalR service: clients and servers (docs/emulator/signalr.md lists the operations). */
export function signalRPlugin(
  fastify: FastifyInstance,
  { signalr: services }: { readonly signalr: SignalRServices },
  done: () => void,
): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LARGEST_BODY }, (_request, body, parsed) => {
    parsed(null, body);
  });
  fastify.addHook('onRequest', (request, reply, next) => {
    const { host, origin } = request.headers;
    void reply.headers({ vary: 'Origin', ...allowed(services, host, origin) });
    next();
  });
  fastify.addHook('onResponse', (request, reply, next) => {
    const operation = request.routeOptions.config.signalr;
    if (operation !== undefined) services.world.counters.add(`${operation} ${reply.statusCode}`);
    next();
  });
  fastify.setErrorHandler((error: FastifyError | SignalRError, _request, reply) => refuse(error, reply));
  clientRoutes(fastify, services);
  restRoutes(fastify, services);
  const here = { constraints: { host: SIGNALR_HOST_PATTERN } };
  for (const url of ['/server', '/server/*']) {
    fastify.all(url, here, () => {
      throw notImplemented('connections of hub servers: it serves clients as in Serverless mode');
    });
  }
  fastify.all('/*', here, ({ method, url, headers }, reply) => {
    if (method === 'OPTIONS') return preflight(reply, headers['access-control-request-headers']);
    throw notFound(`There is no operation ${method} ${url.split('?')[0] ?? ''}.`);
  });
  done();
}

const preflight = (reply: FastifyReply, asked: string | undefined): FastifyReply =>
  reply
    .code(204)
    .headers(reply.hasHeader('access-control-allow-origin') ? preflightHeaders(asked) : {})
    .send();

function allowed(
  services: SignalRServices,
  host: string | undefined,
  origin: string | undefined,
): Record<string, string> {
  try {
    return corsHeaders(serviceAt(services, host).settings, origin);
  } catch {
    return {}; // who asks for a service that is not there is told so by the route
  }
}

function refuse(error: FastifyError | SignalRError, reply: FastifyReply): FastifyReply {
  const known = error instanceof SignalRError ? error : knownOf(error);
  if (known.status === 500) process.emitWarning(error);
  return reply
    .code(known.status)
    .headers({ ...known.headers, 'x-ms-error-code': known.code })
    .send(known.body());
}

/** Fastify's own refusals, in the service's terms. */
function knownOf({ statusCode = 500, message }: FastifyError): SignalRError {
  if (statusCode === 413) return new SignalRError(413, 'PayloadTooLarge', message);
  return statusCode < 500 ? badRequest(message) : new SignalRError(500, 'InternalServerError', 'Internal error.');
}

/** As `refuseUnroutable` of the hubs: what fastify cannot route at all. */
export function refuseUnroutableSignalR(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  void refuse(badRequest(error.message), reply);
}
