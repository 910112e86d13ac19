import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import type { z } from 'zod';
import { LOOPBACK } from '../names';
import type { Counters } from '../world/counters';
import type { Faults } from '../world/faults';
import type { Journal } from '../world/journal';
import { matcherOf } from '../world/pattern';
import type { Snapshots } from '../world/snapshots';
import type { VirtualClock } from '../world/virtual-clock';
import {
  AdvanceBody,
  ClockBody,
  JournalQuery,
  LatencyBody,
  LimitsBody,
  RuleBody,
  ServiceName,
  SnapshotName,
} from './bodies';

/** What the admin API works on. */
export interface Levers {
  readonly clock: VirtualClock;
  readonly faults: Faults;
  readonly snapshots: Snapshots;
  readonly journal: Journal;
  readonly counters: Counters;
}

/** What can be set of a provisioning service. */
export interface ServiceLevers {
  /** How far a hub is for the `geoLatency` policy. @param hostName of a hub */
  setLatency(hostName: string, ms: number): void;
  /** Requests that it lets through: operations and registrations a minute, polls of a device in 10 s. */
  readonly limits: { set(allowances: z.output<typeof LimitsBody>): void };
}

/** @returns the provisioning service of that name */
export type FindService = (name: string) => ServiceLevers | undefined;

/** A running admin API. */
export interface Admin {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string;
  /** Of this run; goes into `Authorization: Bearer`. */
  readonly secret: string;
  close(): Promise<void>;
}

/** A reader of the journal's stream that is this far behind is cut off rather than buffered for. */
const MOST_UNREAD = 8 * 1024 * 1024;

class Refusal extends Error {
  constructor(
    readonly statusCode: number,
    message: string,
  ) {
    super(message);
  }
}

/** Serves the levers on a free loopback port (docs/emulator/limits-and-levers.md lists the routes). */
export async function startAdmin(levers: Levers, findService: FindService): Promise<Admin> {
  const secret = randomBytes(32).toString('hex');
  const server = fastify({ forceCloseConnections: true, bodyLimit: 64 * 1024 });
  server.addHook('onRequest', (request, _reply, next) => {
    next(
      isBearer(request.headers.authorization, secret)
        ? undefined
        : new Refusal(401, 'the bearer secret is missing or wrong'),
    );
  });
  server.setErrorHandler((error: FastifyError, _request, reply) => refuse(error, reply));
  server.setNotFoundHandler((request, reply) =>
    refuse(new Refusal(404, `no route ${request.method} ${request.url}`), reply),
  );
  for (const routes of [clockRoutes, faultRoutes, snapshotRoutes, journalRoutes, counterRoutes]) routes(server, levers);
  serviceRoutes(server, findService);
  await server.listen({ host: LOOPBACK, port: 0 });
  const { port } = server.server.address() as AddressInfo;
  return { endpoint: `http://${LOOPBACK}:${port}`, secret, close: () => server.close() };
}

function clockRoutes(server: FastifyInstance, { clock }: Levers): void {
  const shown = () => ({ ...clock.state, iso: new Date(clock.now()).toISOString() });
  server.get('/clock', shown);
  server.put('/clock', async ({ body }) => {
    const { now, isFrozen, speed } = parsed(ClockBody, body);
    clock.run({ ...(isFrozen !== undefined && { isFrozen }), ...(speed !== undefined && { speed }) });
    if (now !== undefined) await clock.set(now);
    return shown();
  });
  server.post('/clock/advance', async ({ body }) => {
    await clock.advance(parsed(AdvanceBody, body).ms);
    return shown();
  });
}

function faultRoutes(server: FastifyInstance, { faults }: Levers): void {
  server.get('/faults', () => faults.list());
  server.post('/faults', async ({ body }, reply) => {
    const rule = parsed(RuleBody, body);
    const problem = faults.problemOf(rule);
    if (problem !== undefined) throw new Refusal(400, problem);
    return reply.code(201).send(faults.add({ ...rule, times: rule.times }));
  });
  server.delete('/faults', (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });
  server.delete<{ Params: { id: string } }>('/faults/:id', async ({ params: { id } }, reply) => {
    if (!faults.remove(id)) throw new Refusal(404, `there is no fault '${id}'`);
    return reply.code(204).send();
  });
}

function snapshotRoutes(server: FastifyInstance, { snapshots }: Levers): void {
  const unknown = (name: string): Refusal => new Refusal(404, `there is no snapshot '${name}'`);
  server.get('/snapshots', () => snapshots.list());
  server.put('/snapshots/:name', ({ params }, reply) =>
    reply.code(201).send(snapshots.take(parsed(SnapshotName, params).name)),
  );
  server.post('/snapshots/:name/restore', async ({ params }, reply) => {
    const { name } = parsed(SnapshotName, params);
    if (!(await snapshots.restore(name))) throw unknown(name);
    return reply.code(204).send();
  });
  server.delete('/snapshots/:name', ({ params }, reply) => {
    const { name } = parsed(SnapshotName, params);
    if (!snapshots.delete(name)) throw unknown(name);
    return reply.code(204).send();
  });
}

function journalRoutes(server: FastifyInstance, { journal }: Levers): void {
  server.get('/journal', ({ query }) => {
    const { after, limit, collection } = parsed(JournalQuery, query);
    return journal.read({ after, limit, wants: matcherOf(collection, 'i') });
  });
  server.get('/journal/stream', ({ query }, reply) => {
    const wants = matcherOf(parsed(JournalQuery, query).collection, 'i');
    const lines = new PassThrough();
    const stop = journal.listen((entry) => {
      if (!wants(entry.collection)) return;
      lines.write(`${JSON.stringify(entry)}\n`);
      if (lines.writableLength + lines.readableLength > MOST_UNREAD) lines.destroy();
    });
    lines.once('close', stop);
    reply.raw.once('close', () => lines.destroy());
    lines.write('\n'); // so that whoever waits for the headers knows that he listens
    return reply.type('application/x-ndjson').send(lines);
  });
}

function serviceRoutes(server: FastifyInstance, findService: FindService): void {
  const named = (params: unknown): ServiceLevers => {
    const { name } = parsed(ServiceName, params);
    const service = findService(name);
    if (service === undefined) throw new Refusal(404, `there is no provisioning service '${name}'`);
    return service;
  };
  server.put('/dps/:name/latencies', ({ params, body }, reply) => {
    const { hostName, ms } = parsed(LatencyBody, body);
    named(params).setLatency(hostName, ms);
    return reply.code(204).send();
  });
  server.put('/dps/:name/limits', ({ params, body }, reply) => {
    const allowances = parsed(LimitsBody, body);
    named(params).limits.set(allowances);
    return reply.code(204).send();
  });
}

function counterRoutes(server: FastifyInstance, { counters }: Levers): void {
  server.get('/counters', () => counters.all());
  server.delete('/counters', (_request, reply) => {
    counters.reset();
    return reply.code(204).send();
  });
}

/** Digests have one length, so that comparing tells nothing of the secret's. */
function isBearer(header: string | undefined, secret: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(header ?? ''), digest(`Bearer ${secret}`));
}

/** @throws Refusal that names each member that is wrong */
function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '));
  throw new Refusal(400, problems.join('; '));
}

function refuse(error: { statusCode?: number; message: string }, reply: FastifyReply): FastifyReply {
  return reply.code(error.statusCode ?? 500).send({ error: error.message });
}
