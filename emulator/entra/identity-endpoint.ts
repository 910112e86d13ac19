import { timingSafeEqual } from 'node:crypto';

import fastify, { type FastifyInstance } from 'fastify';

import { isKnownAudience } from './audiences';
import { type AppPrincipal, PRINCIPAL } from './principal';
import type { Tokens } from './tokens';

const API_VERSION = '2019-08-01';

interface TokenQuery {
  readonly 'api-version'?: string;
  readonly resource?: string;
  readonly client_id?: string;
  readonly principal_id?: string;
  readonly object_id?: string;
  readonly mi_res_id?: string;
}

/** Which managed identity a program means: by one id, or by none the one of where it runs. */
export interface WantedIdentity {
  readonly clientId?: string | undefined;
  readonly objectId?: string | undefined;
  /** Id in the Resource Manager. */
  readonly resourceId?: string | undefined;
}

/** @returns undefined when there is no such identity */
export type Identities = (wanted: WantedIdentity) => AppPrincipal | undefined;

/** Knows the emulator's own identity. */
export const onlyOwn: Identities = ({ clientId, objectId, resourceId }) => {
  const isOwn =
    resourceId === undefined &&
    (clientId ?? PRINCIPAL.clientId).toLowerCase() === PRINCIPAL.clientId &&
    (objectId ?? PRINCIPAL.objectId).toLowerCase() === PRINCIPAL.objectId;
  return isOwn ? PRINCIPAL : undefined;
};

const wantedBy = ({ client_id, principal_id, object_id, mi_res_id }: TokenQuery): WantedIdentity => ({
  clientId: client_id,
  objectId: principal_id ?? object_id,
  resourceId: mi_res_id,
});

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
  return undefined;
}

/**
 * The token endpoint that App Service gives a managed identity: the only protocol by which an unmodified
 * DefaultAzureCredential asks plain http on loopback (Microsoft Learn, "How to use managed identities for App Service
 * and Azure Functions", REST endpoint reference).
 *
 * @param identityHeader the secret that callers repeat in X-IDENTITY-HEADER
 */
export function identityEndpoint(
  tokens: Tokens,
  identityHeader: string,
  identities: Identities = onlyOwn,
): FastifyInstance {
  const server = fastify({ forceCloseConnections: true });
  server.get<{ Querystring: TokenQuery }>('/msi/token', async ({ query, headers }, reply) => {
    const refusal = refusalOf(query, headers['x-identity-header'], identityHeader);
    if (refusal !== undefined) {
      const [status, error, error_description] = refusal;
      return reply.code(status).send({ error, error_description });
    }
    const principal = identities(wantedBy(query));
    if (principal === undefined) {
      const error_description = 'No managed identity was found for the client, object or resource id of the request.';
      return reply.code(400).send({ error: 'invalid_request', error_description });
    }
    const resource = query.resource ?? '';
    const { token, expiresOn } = tokens.issue(resource, principal);
    return reply.header('cache-control', 'no-store').send({
      access_token: token,
      expires_on: String(expiresOn),
      resource,
      token_type: 'Bearer',
      client_id: principal.clientId,
    });
  });
  return server;
}
