import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

import type { StaticWebsite } from '@azure/storage-blob';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { WEBSITE_HOST_PATTERN } from '../names';
import { decodedUri } from '../uri';
import { COMMON_KINDS } from '../world/faults';
import { passes } from '../world/http-faults';
import { systemClock } from '../world/clock';
import { stampOf } from '../world/time';
import type { World } from '../world/world';
import type { Websites } from './website';

export interface WebsiteOptions {
  readonly websites: Websites;
  readonly world: Pick<World, 'faults' | 'counters' | 'clock'>;
}

const OPERATION = 'website.get';

/** What of the blob service's answer is the website's, too. */
const SHOWN = [
  'accept-ranges',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-length',
  'content-md5',
  'content-range',
  'content-type',
  'etag',
  'last-modified',
] as const;

/** Static websites of storage accounts at `https://<account>.z1.web.azure.test` (storage-blob-static-website.md). */
export function websitePlugin(fastify: FastifyInstance, { websites, world }: WebsiteOptions, done: () => void): void {
  world.faults.declare(COMMON_KINDS, OPERATION);
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body));
  fastify.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500 && !(error instanceof WebsiteFault)) process.emitWarning(error);
    return page(reply, { status, code: status < 500 ? 'InvalidUri' : 'InternalError', text: error.message }, world);
  });
  fastify.addHook('onResponse', (_request, reply, next) => {
    world.counters.add(`${OPERATION} ${reply.statusCode}`);
    next();
  });
  fastify.all('/*', { constraints: { host: WEBSITE_HOST_PATTERN } }, async (request, reply) => {
    if (!(await passes(world, { operation: OPERATION, occasion: {}, reply, refusal: faultOf }))) return reply;
    const { method } = request;
    if (method !== 'GET' && method !== 'HEAD') return page(reply, NOT_ALLOWED, world);
    const account = (WEBSITE_HOST_PATTERN.exec(request.headers.host ?? '')?.[1] ?? '').toLowerCase();
    const site = await websites.settings(account);
    if (site === undefined) return page(reply, NOT_FOUND, world);
    return serve(websites, { account, site, method, request, reply }, world);
  });
  done();
}

interface Visit {
  readonly account: string;
  readonly site: StaticWebsite;
  readonly method: 'GET' | 'HEAD';
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** The first file there is of those that the path may mean; else the error document, or a page of our own. */
async function serve(websites: Websites, visit: Visit, world: WebsiteOptions['world']): Promise<FastifyReply> {
  const { account, site, method, request, reply } = visit;
  for (const path of candidates(request.url, site)) {
    const found = await websites.open(account, { method, path, headers: request.headers });
    if (found !== undefined && found.statusCode !== 404) {
      if (found.statusCode === 304) void reply.headers(matched(request.headers['if-none-match']));
      return answer(reply, found.statusCode ?? 500, found);
    }
    found?.resume();
  }
  const path = site.errorDocument404Path?.replace(/^\/+/, '');
  if (path === undefined || path === '') return page(reply, NOT_FOUND, world);
  const error = await websites.open(account, { method, path, headers: {} });
  if (error?.statusCode === 200) return answer(reply.header('x-ms-error-code', NOT_FOUND.code), 404, error);
  error?.resume();
  return page(reply, NOT_FOUND, world);
}

/**
 * "The webpage that Azure Storage serves for requests to the root of a website or any subfolder": also where a subfolder is
 * asked for without a slash at its end, which is taken to be so.
 */
function candidates(url: string, { indexDocument, defaultIndexDocumentPath }: StaticWebsite): string[] {
  const path = decodedUri((url.split('?', 1)[0] ?? '').replace(/^\/+/, ''));
  if (path === undefined) return [];
  const root = path === '' && defaultIndexDocumentPath ? [defaultIndexDocumentPath.replace(/^\/+/, '')] : [];
  const index = indexDocument ? [`${path === '' || path.endsWith('/') ? path : `${path}/`}${indexDocument}`] : [];
  return [...root, ...(path === '' || path.endsWith('/') ? [] : [path]), ...index];
}

/** Azurite leaves out of a 304 which version is unchanged (RFC 9110, 15.4.5, wants it): the one that was asked about. */
const matched = (condition: string | undefined): Record<string, string> =>
  condition !== undefined && /^(W\/)?"[^"]*"$/.test(condition) ? { etag: condition } : {};

function answer(reply: FastifyReply, status: number, file: IncomingMessage): FastifyReply {
  const shown = SHOWN.flatMap((name) => (file.headers[name] === undefined ? [] : [[name, file.headers[name]]]));
  const hasBody = status === 200 || status === 206 || status === 404;
  void reply.code(status).headers(Object.fromEntries(shown) as Record<string, string>);
  if (hasBody) return reply.send(file);
  file.resume(); // what the blob service says of an error is no page
  return reply.removeHeader('content-length').removeHeader('content-type').send('');
}

interface ErrorPage {
  readonly status: number;
  readonly code: string;
  readonly text: string;
}

const NOT_FOUND: ErrorPage = { status: 404, code: 'WebContentNotFound', text: 'The requested content does not exist.' };
const NOT_ALLOWED: ErrorPage = {
  status: 405,
  code: 'UnsupportedHttpVerb',
  text: 'The resource doesn\u2019t support specified Http Verb.',
};

/** In the form of Azure's own page (seen in the answers of websites without an error document). */
function page(reply: FastifyReply, { status, code, text }: ErrorPage, { clock }: Pick<World, 'clock'>): FastifyReply {
  const requestId = randomUUID();
  const facts = [`HttpStatusCode: ${status}`, `ErrorCode: ${code}`, `RequestId : ${requestId}`];
  const list = [...facts, `TimeStamp : ${stampOf(clock.now())}`].map((fact) => `<li>${fact}</li>`).join('');
  const head = `<!DOCTYPE html><html><head><title>${code}</title></head>`;
  return reply
    .code(status)
    .headers({ 'content-type': 'text/html', 'x-ms-error-code': code, 'x-ms-request-id': requestId })
    .send(`${head}<body><h1>${escaped(text)}</h1><p><ul>${list}</ul></p></body></html>`);
}

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** As `refuseUnroutable` of the hubs: what fastify cannot route at all. */
export function refuseUnroutableWebsite(error: FastifyError, _request: FastifyRequest, reply: FastifyReply): void {
  page(reply, { status: 400, code: 'InvalidUri', text: error.message }, { clock: systemClock });
}

/** A refusal that a test has asked for. */
class WebsiteFault extends Error {
  constructor(readonly statusCode: number) {
    super('A fault that the emulator was asked for.');
  }
}

const faultOf = (status: number): Error => new WebsiteFault(status);
