import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import type { ControlOrder, Me, RolloutAnswer } from '../../dashboard/core/contract';
import { HEADERS } from '../../dashboard/core/policy';
import { siteFiles } from '../../dashboard/site';
import type { DeviceDetail, DeviceView } from '../../telemetry/view';

/** What a host of the page has to tell. A test changes it as it goes. */
export interface HostWorld {
  devices: DeviceView[];
  details: Map<string, DeviceDetail>;
  rollouts: Map<string, RolloutAnswer>;
  me: Me;
  /** Where the page is sent for its live connection. */
  negotiate: (site: string) => { readonly url: string; readonly accessToken: string };
  /** What has been asked of rollouts. */
  readonly orders: { readonly rolloutId: string; readonly control: string; readonly order: ControlOrder }[];
  /** What the next order is answered with, instead of being accepted. */
  refusal?: { readonly status: number; readonly message: string; readonly advice?: string };
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const TOKEN = 'a-token-of-the-test';
const PAGE = 1_000;
const ok = (body: unknown): Answer => ({ status: 200, body });
const failed = (status: number, message: string, advice?: string): Answer => ({
  status,
  body: { error: { code: 'GS_TEST', message, ...(advice !== undefined && { advice }) } },
});

function devicesAnswer({ devices, details }: HostWorld, query: URLSearchParams): Answer {
  const device = query.get('device');
  if (device !== null) {
    const detail = details.get(device);
    return detail === undefined ? failed(404, `there is no device ${device}`) : ok(detail);
  }
  const site = query.get('site');
  const of = devices.filter((view) => site === null || view.site === site);
  const from = Number(query.get('after') ?? 0);
  const next = from + PAGE;
  return ok({ devices: of.slice(from, next), ...(next < of.length && { after: String(next) }) });
}

function rolloutAnswer(
  world: HostWorld,
  method: string,
  [rolloutId = '', control]: readonly string[],
  body: string,
): Answer {
  const rollout = world.rollouts.get(rolloutId);
  if (rollout === undefined) return failed(404, `there is no rollout '${rolloutId}'`);
  if (control === undefined) return ok(rollout);
  if (method !== 'POST') return failed(405, 'orders are posted');
  const { refusal } = world;
  if (refusal !== undefined) return failed(refusal.status, refusal.message, refusal.advice);
  world.orders.push({ rolloutId, control, order: JSON.parse(body) as ControlOrder });
  return ok({ state: rollout.state });
}

function listAnswer({ rollouts }: HostWorld): Answer {
  const rows = [...rollouts.values()].map(({ rolloutId, execution, startedAt, state }) => {
    return { rolloutId, execution, startedAt, state: state?.status, hubs: ['west'], requester: state?.startedBy.actor };
  });
  return ok({ rollouts: rows });
}

function answerOf(world: HostWorld, method: string, url: URL, body: string): Answer {
  const [, noun = '', ...parts] = url.pathname.slice(1).split('/').map(decodeURIComponent);
  switch (noun) {
    case 'negotiate':
      return ok(world.negotiate(url.searchParams.get('site') ?? ''));
    case 'getdevicestate':
      return devicesAnswer(world, url.searchParams);
    case 'me':
      return ok(world.me);
    case 'rollouts':
      return parts.length === 0 ? listAnswer(world) : rolloutAnswer(world, method, parts, body);
    case 'devices':
      return parts[2] === 'twin'
        ? ok({ deviceId: parts[1], connectionState: 'Connected', properties: { desired: { lock: true } } })
        : ok({ deviceId: parts[1], rolloutCount: 0, chapterCount: 0, chapters: [] });
    default:
      return failed(404, `nothing is at ${url.pathname}`);
  }
}

/** Functions, API of rollouts and site in one, as docs/dashboard.md has them, on loopback, with what a test tells them. */
export class PageHost {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  #port = 0;
  #site = new Map<string, { readonly contentType: string; readonly body: Buffer }>();

  private constructor(
    readonly world: HostWorld,
    private readonly folder: string,
  ) {}

  /** Listens; there is a page once {@link configure} has been called. @param folder what the build has made */
  static async start(folder: string, world: HostWorld): Promise<PageHost> {
    const host = new PageHost(world, folder);
    await host.listen();
    return host;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Where a person would be sent: the token is behind the `#`. */
  get address(): string {
    return `${this.origin}/#token=${TOKEN}`;
  }

  configure(liveUrl: string): void {
    const { origin } = this;
    const signIn = { kind: 'local' };
    const files = siteFiles(this.folder, { functionsUrl: origin, liveUrl, rolloutsUrl: origin, signIn });
    this.#site = new Map(files.map((file) => [`/${file.path}`, file]));
  }

  /** Also after {@link close}: at the same port. */
  async listen(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy(); // a browser keeps them
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const url = new URL(request.url ?? '/', this.origin);
    const file = this.#site.get(url.pathname === '/' ? '/index.html' : url.pathname);
    if (file !== undefined) {
      response.writeHead(200, { ...HEADERS, 'content-type': file.contentType }).end(file.body);
      return;
    }
    const known = request.headers.authorization === `Bearer ${TOKEN}`;
    const answer = known ? answerOf(this.world, request.method ?? 'GET', url, body) : failed(401, 'no token');
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
  }
}
