import type { DeviceDetail, DeviceView } from '../../telemetry/view';
import type { DeviceStory } from '../../domain/story';
import type {
  Control,
  ControlOrder,
  DevicesAnswer,
  ErrorAnswer,
  Me,
  PageConfig,
  RolloutAnswer,
  RolloutsAnswer,
} from './contract';

/** A call that did not succeed, in words for whoever looks at the page. */
export class ApiError extends Error {
  constructor(
    message: string,
    /** What to do next. */
    readonly advice: string,
    /** 0: no answer came. */
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What to do where the answer does not say it. */
function adviceOn(status: number): string {
  switch (status) {
    case 0:
      return 'Look whether you are on the network and whether the address in config.json is right; the page tries again.';
    case 401:
      return 'Sign in again.';
    case 403:
      return 'Ask who administers Groundswell for a role: Rollouts.Read to look, Rollouts.Control to steer.';
    case 404:
      return 'Look whether the name is right; the list has all that there are.';
    case 409:
      return 'It has changed meanwhile: look at it as it is now, and decide again.';
    case 429:
      return 'Wait a little; the page tries again.';
    default:
      return status >= 500
        ? 'Try again in a while; if that does not help, look at the logs of the host.'
        : 'Look at what was asked.';
  }
}

const isErrorAnswer = (body: unknown): body is ErrorAnswer => {
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  return typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';
};

async function failureOf(what: string, response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => undefined); // a gateway's page is no JSON
  const { status } = response;
  if (!isErrorAnswer(body)) return new ApiError(`${what}: the answer was ${status}`, adviceOn(status), status);
  const { message, advice = adviceOn(status) } = body.error;
  return new ApiError(`${what}: ${message}`, advice, status);
}

/** Whose token a request carries. */
export type Audience = 'functions' | 'rollouts';

export interface ApiPorts {
  readonly fetch: typeof fetch;
  /** @returns undefined where nobody is asked who they are */
  token(audience: Audience): Promise<string | undefined>;
}

interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** For one answer; a host that says nothing for so long is away. */
const ANSWER_WITHIN_MS = 30_000;
const part = encodeURIComponent;

/** What the page asks of the functions and of the API of rollouts. Each call @throws ApiError */
export class Api {
  constructor(
    private readonly config: Pick<PageConfig, 'functionsUrl' | 'rolloutsUrl'>,
    private readonly ports: ApiPorts,
  ) {}

  /** All devices, or those of one site, page by page. */
  async *pages(site: string, signal: AbortSignal): AsyncGenerator<readonly DeviceView[]> {
    let after: string | undefined;
    do {
      const query = new URLSearchParams({ ...(site !== '' && { site }), ...(after !== undefined && { after }) });
      const page = await this.#functions<DevicesAnswer>('Devices', `getdevicestate?${query.toString()}`, { signal });
      yield page.devices;
      after = page.after;
    } while (after !== undefined);
  }

  device(hub: string, deviceId: string, signal: AbortSignal): Promise<DeviceDetail> {
    const query = new URLSearchParams({ hub, device: deviceId });
    return this.#functions('The device', `getdevicestate?${query.toString()}`, { signal });
  }

  /** Address of the live connection; the client of SignalR adds `/negotiate`. */
  liveUrl(site: string): string {
    return `${this.config.functionsUrl}/api${site === '' ? '' : `?site=${part(site)}`}`;
  }

  me(signal: AbortSignal): Promise<Me> {
    return this.#rollouts('Who you are', 'me', { signal });
  }

  rollouts(signal: AbortSignal): Promise<RolloutsAnswer> {
    return this.#rollouts('Rollouts', 'rollouts', { signal });
  }

  rollout(rolloutId: string, signal: AbortSignal): Promise<RolloutAnswer> {
    return this.#rollouts('The rollout', `rollouts/${part(rolloutId)}`, { signal });
  }

  /** @param order is carried out once, however often it is sent for one moment of the rollout */
  control(rolloutId: string, control: Control, order: ControlOrder): Promise<unknown> {
    return this.#rollouts(control, `rollouts/${part(rolloutId)}/${control}`, { method: 'POST', body: order });
  }

  twin(hub: string, deviceId: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
    return this.#rollouts('The twin', `devices/${part(hub)}/${part(deviceId)}/twin`, { signal });
  }

  story(hub: string, deviceId: string, signal: AbortSignal): Promise<DeviceStory> {
    return this.#rollouts('The story', `devices/${part(hub)}/${part(deviceId)}/story`, { signal });
  }

  #functions<Answer>(what: string, path: string, asked: Asked): Promise<Answer> {
    return this.#ask(what, { ...asked, url: `${this.config.functionsUrl}/api/${path}`, audience: 'functions' });
  }

  #rollouts<Answer>(what: string, path: string, asked: Asked): Promise<Answer> {
    const { rolloutsUrl } = this.config;
    if (rolloutsUrl === undefined)
      throw new ApiError(`${what}: this page has no API of rollouts`, 'Set rolloutsUrl in config.json.', 0);
    return this.#ask(what, { ...asked, url: `${rolloutsUrl}/api/${path}`, audience: 'rollouts' });
  }

  /** The answers' shapes are the hosts' part of the contract (contract.ts), held by their tests. */
  async #ask<Answer>(
    what: string,
    asked: Asked & { readonly url: string; readonly audience: Audience },
  ): Promise<Answer> {
    const { url, audience, method = 'GET', body, signal } = asked;
    const token = await this.ports.token(audience);
    const within = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    };
    let response: Response;
    try {
      response = await this.ports.fetch(url, {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal: signal === undefined ? within : AbortSignal.any([signal, within]),
      });
    } catch (cause) {
      if (signal?.aborted === true) throw signal.reason;
      throw new ApiError(`${what}: no answer from ${new URL(url).origin}`, adviceOn(0), 0, { cause });
    }
    if (!response.ok) throw await failureOf(what, response);
    return (await response.json()) as Answer;
  }
}
