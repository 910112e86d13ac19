import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
} from '@azure/core-rest-pipeline';
import type { TokenCredential } from '@azure/identity';

/** Hub of the SignalR Service that pages follow devices by. */
const HUB = 'telemetry';
const SCOPE = 'https://signalr.azure.com/.default';
/** The first that makes tokens for clients (Azure/azure-signalr, docs/swagger). */
const API_VERSION = '2022-11-01';
/** Tries after the first, with waits that double; 429 and `Retry-After` are heeded. */
const RETRIES = { maxRetries: 2, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 };
/** For one call with its retries: a service that does not answer must not hold up the count of messages. */
const WITHIN_MS = 10_000;

/** What the functions ask of a SignalR Service in serverless mode. Each call @throws Error when it was not done. */
export interface SignalR {
  /** Where clients connect. */
  readonly clientUrl: string;
  /** @param message `{ target, arguments }` as JSON. @param group everybody when it is missing */
  send(message: string, group?: string): Promise<void>;
  /** For all connections that the user has, and opens within a year. Safe to repeat. */
  addUserToGroup(user: string, group: string): Promise<void>;
  /** An access token for one client, good for an hour; a connection may last longer. */
  clientToken(user: string): Promise<string>;
}

const part = encodeURIComponent;

/**
 * By the REST API (azure-signalr, "Azure SignalR Service REST API reference"); there is no official client of it for Node.js.
 *
 * @param endpoint   `https://<name>.service.signalr.net`
 * @param credential with the role SignalR Service Owner
 */
export function createSignalR(endpoint: string, credential: TokenCredential): SignalR {
  const pipeline = createPipelineFromOptions({ retryOptions: RETRIES });
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: SCOPE }), { afterPhase: 'Retry' });
  const client = createDefaultHttpClient();
  const base = new URL(`/api/hubs/${HUB}/`, endpoint).href;

  async function call(method: HttpMethods, path: string, body?: string): Promise<string> {
    const url = new URL(`${base}${path}`);
    url.searchParams.set('api-version', API_VERSION);
    const request = createPipelineRequest({
      url: url.href,
      method,
      abortSignal: AbortSignal.timeout(WITHIN_MS),
      ...(body !== undefined && { body }),
    });
    if (body !== undefined) request.headers.set('content-type', 'application/json');
    const { status, bodyAsText } = await pipeline.sendRequest(client, request);
    if (status < 200 || status > 299)
      throw new Error(
        `the SignalR Service has answered ${status} to ${method} ${path}: ${(bodyAsText ?? '').slice(0, 200)}`,
      );
    return bodyAsText ?? '';
  }

  return {
    clientUrl: new URL(`/client/?hub=${HUB}`, endpoint).href,
    async send(message, group) {
      await call('POST', `${group === undefined ? '' : `groups/${part(group)}/`}:send`, message);
    },
    async addUserToGroup(user, group) {
      await call('PUT', `users/${part(user)}/groups/${part(group)}`);
    },
    async clientToken(user) {
      const answer = JSON.parse(await call('POST', `:generateToken?userId=${part(user)}`)) as { token?: unknown };
      if (typeof answer.token === 'string') return answer.token;
      throw new Error('the SignalR Service has answered without a token');
    },
  };
}
