import { timingSafeEqual } from 'node:crypto';

import fastify, { type FastifyInstance } from 'fastify';

import { isKnownAudience } from './audiences';
import { PRINCIPAL } from './principal';
import type { Tokens } from './tokens';

const API_VERSION = '2019-08-01';

interface TokenQuery {
  readonly 'api-version'?: string;
  readonly resource?: string;
  readonly client_id?: string;
}

const sameText = (given: string, expected: string): boolean =>
  given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected));

/** What is wrong with a request: HTTP status, error code and text, in the endpoint's own words. */
function refusalOf(query: TokenQuery, header: unknown, expected: string): [number, string, string] | undefined {
  if (typeof header !== 'string' || !sameText(header, expected)) {
    return [401, 'unauthorized_client', 'the header X-IDENTITY-HEADER is missing or not that of IDENTITY_HEADER'];
  }
  if (query['api-version'] !== API_VERSION) {
    return [400, 'invalid_request', `api-version must be ${API_VERSION}`];
  }
  if (query.resource === undefined || query.resource === '') {
    return [400, 'invalid_request', 'the query parameter resource is missing'];
  }
  if (!isKnownAudience(query.resource)) {
    return [400, 'invalid_resource', `AADSTS500011: no resource principal named ${query.resource} in the local tenant`];
  }
  if (query.client_id !== undefined && query.client_id !== PRINCIPAL.clientId) {
    return [400, 'invalid_request', `no managed identity with client id ${query.client_id}`];
  }
  return undefined;
}

/**
 * The token endpoint that App Service gives a managed identity: the only protocol by which an unmodified
 * DefaultAzureCredential asks plain http on loopback (Microsoft Learn, "How to use managed identities for App Service
 * and Azure Functions", REST endpoint reference).
 *
 * @param identityHeader the secret that callers repeat in X-IDENTITY-HEADER
 */
export function identityEndpoint(tokens: Tokens, identityHeader: string): FastifyInstance {
  const server = fastify({ forceCloseConnections: true });
  server.get<{ Querystring: TokenQuery }>('/msi/token', async ({ query, headers }, reply) => {
    const refusal = refusalOf(query, headers['x-identity-header'], identityHeader);
    if (refusal !== undefined) {
      const [status, error, error_description] = refusal;
      return reply.code(status).send({ error, error_description });
    }
    const resource = query.resource ?? '';
    const { token, expiresOn } = tokens.issue(resource);
    return reply.header('cache-control', 'no-store').send({
      access_token: token,
      expires_on: String(expiresOn),
      resource,
      token_type: 'Bearer',
      client_id: PRINCIPAL.clientId,
    });
  });
  return server;
}
