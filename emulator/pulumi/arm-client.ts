import { setTimeout as sleep } from 'node:timers/promises';

import type { HttpHeaders, HttpMethods, PipelineResponse } from '@azure/core-rest-pipeline';
import { z } from 'zod';

import { ARM_HOST } from '../names';
import { ArmResponseError, MissingEmulatorError, UnfinishedError } from './errors';
import { ManagedIdentity } from './identity';
import { isSuccess, reach } from './reach';
import { isObject, type Properties } from './values';

const AUDIENCE = 'https://management.azure.com/';
const MAX_WAIT_MS = 10 * 60_000;

const claims = z.object({ appid: z.string(), oid: z.string(), tid: z.string() });

interface Answer {
  readonly status: number;
  readonly headers: Pick<HttpHeaders, 'get'>;
  readonly body: Properties;
}

function jsonOf({ bodyAsText }: PipelineResponse): Properties {
  const body: unknown = bodyAsText ? JSON.parse(bodyAsText) : {};
  return isObject(body) ? body : {};
}

function errorOf({ status, body }: Answer): ArmResponseError {
  const error = isObject(body['error']) ? body['error'] : body;
  const text = (key: string, otherwise: string) => (typeof error[key] === 'string' ? error[key] : otherwise);
  return new ArmResponseError(
    status,
    text('code', String(status)),
    text('message', 'the Resource Manager gave no message'),
  );
}

/** Talks to the emulator's Resource Manager with the identity of the environment, as any Azure program does. */
export class ArmClient {
  readonly #cancelled = new AbortController();

  private constructor(
    readonly subscriptionId: string,
    private readonly identity: ManagedIdentity,
  ) {}

  /** @throws MissingEmulatorError when the environment is not that of `iothub-emulator exec` */
  static fromEnvironment(environment: NodeJS.ProcessEnv): ArmClient {
    const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header, ARM_SUBSCRIPTION_ID: id } = environment;
    if (endpoint && header && id) return new ArmClient(id, new ManagedIdentity(endpoint, header));
    throw new MissingEmulatorError('IDENTITY_ENDPOINT, IDENTITY_HEADER or ARM_SUBSCRIPTION_ID is not set');
  }

  /** A token for another service than the Resource Manager. */
  token(audience: string): Promise<{ readonly text: string; readonly expiresOn: number }> {
    return this.identity.token(audience);
  }

  /** Ends every wait for long-running operations, now and from now on: what they do goes on without us. */
  cancel(): void {
    this.#cancelled.abort(new Error('cancelled while the operation was under way'));
  }

  /** Who the provider acts as: what azure-native's getClientConfig answers. */
  async clientConfig(): Promise<Properties> {
    const [, payload = ''] = (await this.identity.token(AUDIENCE)).text.split('.');
    const { appid, oid, tid } = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    return { clientId: appid, objectId: oid, subscriptionId: this.subscriptionId, tenantId: tid };
  }

  /** @throws ArmResponseError for every answer that is no success */
  async send(method: HttpMethods, path: string, apiVersion: string, body?: Properties): Promise<Properties> {
    const answer = await this.#call(method, `https://${ARM_HOST}${path}?api-version=${apiVersion}`, body);
    return answer.body;
  }

  /** The resource, or undefined when there is none. */
  async find(id: string, apiVersion: string): Promise<Properties | undefined> {
    try {
      return await this.send('GET', id, apiVersion);
    } catch (cause) {
      if (cause instanceof ArmResponseError && cause.status === 404) return undefined;
      throw cause;
    }
  }

  /**
   * Puts a resource, waits for a long-running operation to end, and reads the result.
   *
   * @throws ArmResponseError when it was refused, UnfinishedError when it was taken and failed later
   */
  async put(id: string, apiVersion: string, body: Properties): Promise<Properties> {
    const taken = await this.#call('PUT', `https://${ARM_HOST}${id}?api-version=${apiVersion}`, body);
    try {
      await this.#wait(taken);
      return await this.send('GET', id, apiVersion);
    } catch (cause) {
      throw new UnfinishedError(cause);
    }
  }

  /** Deletes a resource and waits until it is gone; one that is gone already is no error. */
  async delete(id: string, apiVersion: string): Promise<void> {
    try {
      await this.#wait(await this.#call('DELETE', `https://${ARM_HOST}${id}?api-version=${apiVersion}`));
    } catch (cause) {
      if (!(cause instanceof ArmResponseError && cause.status === 404)) throw cause;
    }
  }

  /** Follows Azure-AsyncOperation (Azure Resource Manager, "Track asynchronous Azure operations"). */
  async #wait({ headers }: Answer): Promise<void> {
    const url = headers.get('azure-asyncoperation');
    if (url === undefined) return;
    const { signal } = this.#cancelled;
    const deadline = Date.now() + MAX_WAIT_MS;
    for (let delayMs = 20; Date.now() < deadline; delayMs = Math.min(delayMs * 2, 1000)) {
      signal.throwIfAborted();
      const { body } = await this.#call('GET', url);
      if (body['status'] === 'Succeeded') return;
      if (body['status'] !== 'InProgress') throw errorOf({ status: 200, headers, body });
      await sleep(delayMs, undefined, { signal });
    }
    throw new ArmResponseError(504, 'OperationTimedOut', `no end of ${url} in ${MAX_WAIT_MS / 1000} s`);
  }

  async #call(method: HttpMethods, url: string, body?: Properties): Promise<Answer> {
    const { text } = await this.identity.token(AUDIENCE);
    const headers: Record<string, string> = { authorization: `Bearer ${text}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await reach(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const answer = { status: response.status, headers: response.headers, body: jsonOf(response) };
    if (isSuccess(response)) return answer;
    throw errorOf(answer);
  }
}
