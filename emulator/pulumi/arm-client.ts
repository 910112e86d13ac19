import { setTimeout as sleep } from 'node:timers/promises';

import { z } from 'zod';

import { ARM_HOST } from '../names';
import { isObject, type Properties } from './values';

const AUDIENCE = 'https://management.azure.com/';
const REFRESH_BEFORE_S = 300;
const MAX_WAIT_MS = 10 * 60_000;
const HINT = 'run pulumi under the emulator: iothub-emulator exec -- pulumi …';

/** An error answer of the Resource Manager. */
export class ArmResponseError extends Error {
  override readonly name = 'ArmResponseError';
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}

export class MissingEmulatorError extends Error {
  override readonly name = 'MissingEmulatorError';
  constructor(what: string, cause?: unknown) {
    super(`this is the local azure-native provider of iothub-emulator, and ${what}; ${HINT}`, { cause });
  }
}

const tokenAnswer = z.object({ access_token: z.string(), expires_on: z.coerce.number() });
const claims = z.object({ appid: z.string(), oid: z.string(), tid: z.string() });

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Properties;
}

/** Why fetch failed, as one line; undici hides it in the cause. */
const reasonOf = (cause: unknown): string => {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  return inner instanceof Error ? inner.message : String(inner);
};

async function jsonOf(response: Response): Promise<Properties> {
  const text = await response.text();
  const body: unknown = text === '' ? {} : JSON.parse(text);
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
  #token: { readonly text: string; readonly expiresOn: number } | undefined;

  private constructor(
    readonly subscriptionId: string,
    private readonly identity: { readonly endpoint: string; readonly header: string },
  ) {}

  /** @throws MissingEmulatorError when the environment is not that of `iothub-emulator exec` */
  static fromEnvironment(environment: NodeJS.ProcessEnv): ArmClient {
    const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header, ARM_SUBSCRIPTION_ID: id } = environment;
    if (endpoint && header && id) return new ArmClient(id, { endpoint, header });
    throw new MissingEmulatorError('IDENTITY_ENDPOINT, IDENTITY_HEADER or ARM_SUBSCRIPTION_ID is not set');
  }

  /** Who the provider acts as: what azure-native's getClientConfig answers. */
  async clientConfig(): Promise<Properties> {
    const [, payload = ''] = (await this.#accessToken()).split('.');
    const { appid, oid, tid } = claims.parse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    return { clientId: appid, objectId: oid, subscriptionId: this.subscriptionId, tenantId: tid };
  }

  /** @throws ArmResponseError for every answer that is no success */
  async send(method: string, path: string, apiVersion: string, body?: Properties): Promise<Properties> {
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

  /** Puts a resource, waits for a long-running operation to end, and reads the result. */
  async put(id: string, apiVersion: string, body: Properties): Promise<Properties> {
    await this.#wait(await this.#call('PUT', `https://${ARM_HOST}${id}?api-version=${apiVersion}`, body));
    return this.send('GET', id, apiVersion);
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
    if (url === null) return;
    const deadline = Date.now() + MAX_WAIT_MS;
    for (let delayMs = 20; Date.now() < deadline; delayMs = Math.min(delayMs * 2, 1000)) {
      const { body } = await this.#call('GET', url);
      if (body['status'] === 'Succeeded') return;
      if (body['status'] !== 'InProgress') throw errorOf({ status: 200, headers, body });
      await sleep(delayMs);
    }
    throw new ArmResponseError(504, 'OperationTimedOut', `no end of ${url} in ${MAX_WAIT_MS / 1000} s`);
  }

  async #call(method: string, url: string, body?: Properties): Promise<Answer> {
    const headers: Record<string, string> = { authorization: `Bearer ${await this.#accessToken()}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await reach(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    const answer = { status: response.status, headers: response.headers, body: await jsonOf(response) };
    if (response.ok) return answer;
    throw errorOf(answer);
  }

  async #accessToken(): Promise<string> {
    if (this.#token !== undefined && this.#token.expiresOn - REFRESH_BEFORE_S > Date.now() / 1000)
      return this.#token.text;
    const { endpoint, header } = this.identity;
    const url = `${endpoint}?api-version=2019-08-01&resource=${encodeURIComponent(AUDIENCE)}`;
    const response = await reach(url, { headers: { 'x-identity-header': header } });
    if (!response.ok) throw new MissingEmulatorError(`${endpoint} refused a token with ${String(response.status)}`);
    const { access_token: text, expires_on: expiresOn } = tokenAnswer.parse(await response.json());
    this.#token = { text, expiresOn };
    return text;
  }
}

async function reach(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    throw new MissingEmulatorError(`nothing answers at ${new URL(url).origin} (${reasonOf(cause)})`, cause);
  }
}
