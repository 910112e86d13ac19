import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { SIGNALR_HOST_PATTERN } from '../../names';
import { queryOf } from '../../wire/https';
import { COMMON_KINDS } from '../../world/faults';
import { passes } from '../../world/http-faults';
import type { ClientConnection } from '../connection';
import { badRequest, forbidden, notFound, notImplemented, SignalRError, signalRFault } from '../errors';
import type { SignalRService } from '../service';
import type { SignalRServices } from '../services';
import { bearerOf, userOf } from '../tokens';
import { LongPolling, OPENED, type PollAnswer } from '../transports/long-polling';
import { ServerSentEvents } from '../transports/server-sent-events';
import { hubNameOf, serviceAt } from './host';

/** A request of a client whose token is good. */
interface ClientCall {
  readonly service: SignalRService;
  readonly hub: string;
  readonly userId: string | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

type Handler = (call: ClientCall) => unknown;

const TRANSPORTS = [
  { transport: 'WebSockets', transferFormats: ['Text', 'Binary'] },
  { transport: 'ServerSentEvents', transferFormats: ['Text'] },
  { transport: 'LongPolling', transferFormats: ['Text', 'Binary'] },
];

/** Version 1 gives a secret beside the id; in version 0 the id itself is all there is (TransportProtocols.md). */
function negotiate({ service, hub, userId, request }: ClientCall): unknown {
  const { negotiateversion: version = '0' } = queryOf(request);
  if (!/^\d+$/.test(version)) throw badRequest(`negotiateVersion: '${version}' is no version`);
  if (version === '0') throw notImplemented('version 0 of the negotiation, which has no connection token');
  const { id, token } = service.negotiate(hub, userId);
  return { connectionId: id, connectionToken: token, negotiateVersion: 1, availableTransports: TRANSPORTS };
}

/** The connection that a request names. @throws SignalRError 400, 404, or 403 when it is somebody else's */
function connectionOf({ service, hub, userId, request }: ClientCall): ClientConnection {
  const { id } = queryOf(request);
  if (id === undefined) throw badRequest('id: the token of the connection is missing');
  const connection = service.hub(hub).withToken(id);
  if (connection === undefined) throw notFound('There is no such connection, or it has ended.');
  if (connection.userId !== userId) throw forbidden('The connection was negotiated by another user.');
  return connection;
}

function receive(call: ClientCall): unknown {
  const connection = connectionOf(call);
  const { body } = call.request;
  connection.receive(Buffer.isBuffer(body) ? body : Buffer.alloc(0));
  return call.reply.header('content-type', 'text/plain').send('');
}

/** Messages of the service, by Server-Sent Events for who accepts them and else by a poll. */
function listen(call: ClientCall): unknown {
  const connection = connectionOf(call);
  return /text\/event-stream/i.test(call.request.headers.accept ?? '')
    ? stream(connection, call.reply)
    : poll(connection, call);
}

const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-store',
  pragma: 'no-cache',
} as const;

function stream(connection: ClientConnection, reply: FastifyReply): unknown {
  const { raw } = reply;
  if (!connection.attach(new ServerSentEvents(raw))) throw conflict();
  reply.hijack();
  raw.on('close', () => connection.lost()).on('error', () => raw.destroy());
  raw.writeHead(200, { ...(reply.getHeaders() as Record<string, string>), ...STREAM_HEADERS });
  raw.write(':\r\n'); // a comment: browsers take a stream for open when something has come
  return reply;
}

async function poll(connection: ClientConnection, { service, hub, reply }: ClientCall): Promise<unknown> {
  if (connection.attach(new LongPolling())) return answerPoll(reply, OPENED);
  if (!(connection.transport instanceof LongPolling)) throw conflict();
  const { answer: coming, abandon } = connection.transport.poll();
  reply.raw.once('close', abandon);
  const answer = await coming;
  if (answer.status === 204 && !connection.isOpen) service.hub(hub).forget(connection);
  return answerPoll(reply, answer);
}

function answerPoll(reply: FastifyReply, answer: PollAnswer): FastifyReply {
  void reply.header('cache-control', 'no-store');
  if (answer.status === 204) return reply.code(204).send();
  return reply.header('content-type', 'application/octet-stream').send(answer.body);
}

function remove(call: ClientCall): unknown {
  const connection = connectionOf(call);
  if (!(connection.transport instanceof LongPolling))
    throw badRequest('Only a connection that is polled can be deleted.');
  connection.transport.end();
  connection.lost();
  return call.reply.code(202).send();
}

export const conflict = (): SignalRError =>
  new SignalRError(409, 'Conflict', 'The connection has a transport already, or it has ended.');

/** Whose token it is that came with a request. @throws SignalRError */
export function callerOf(
  services: SignalRServices,
  {
    headers,
    query,
  }: { readonly headers: FastifyRequest['headers']; readonly query: Record<string, string | undefined> },
): Omit<ClientCall, 'request' | 'reply'> {
  const service = serviceAt(services, headers.host);
  const hub = hubNameOf(query['hub']);
  const token = bearerOf(headers.authorization) ?? query['access_token'];
  return { service, hub, userId: userOf(service, token, hub) };
}

/** The endpoint of clients: negotiation, Server-Sent Events, long polling, and what they send by POST. */
export function clientRoutes(fastify: FastifyInstance, services: SignalRServices): void {
  const { world } = services;
  const route = (method: string, url: string, operation: string, handler: Handler): void => {
    world.faults.declare(COMMON_KINDS, operation);
    fastify.route({
      method,
      url,
      constraints: { host: SIGNALR_HOST_PATTERN },
      config: { signalr: operation },
      handler: async (request, reply) => {
        const call = { ...callerOf(services, { headers: request.headers, query: queryOf(request) }), request, reply };
        const occasion = { hub: call.hub };
        if (!(await passes(world, { operation, occasion, reply, refusal: signalRFault }))) return reply;
        return handler(call);
      },
    });
  };
  route('POST', '/client/negotiate', 'signalr.negotiate', negotiate);
  route('GET', '/client', 'signalr.listen', listen);
  route('POST', '/client', 'signalr.receive', receive);
  route('DELETE', '/client', 'signalr.leave', remove);
}
