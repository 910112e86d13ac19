import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createGateway } from '../../../cli/page/gateway';
import { type Host, listen } from '../../../http/host';
import { localIdentity } from '../../../http/identity';

const TOKEN = 'a-token-of-the-test-that-is-long-enough';
const CALLER = { name: 'ada@laptop', id: 'local', roles: [], scopes: [] };

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

/** A server behind the gateway, which answers with what it was asked. */
async function behind(seen: Seen[], answer: (url: string) => unknown): Promise<Server> {
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers });
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer(url)));
  });
  server.on('upgrade', (request, socket) => {
    seen.push({ method: 'upgrade', url: request.url ?? '', headers: request.headers });
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello');
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

let [functions, live]: Server[] = [];
let host: Host;
let origin: string;
let seen: { functions: Seen[]; live: Seen[] };

beforeEach(async () => {
  seen = { functions: [], live: [] };
  functions = await behind(seen.functions, (url) =>
    url.startsWith('/api/negotiate')
      ? { url: 'https://live.service.signalr.test/client/?hub=telemetry', accessToken: 'of SignalR' }
      : { devices: [] },
  );
  live = await behind(seen.live, () => ({ connectionId: '1' }));
  const behindIt = { functionsUrl: urlOf(functions), liveUrl: urlOf(live) };
  host = await listen({
    host: '127.0.0.1',
    port: 0,
    serving: (port) => {
      origin = `http://127.0.0.1:${port}`;
      return createGateway({
        ...behindIt,
        origin,
        site: [
          { path: 'index.html', contentType: 'text/html', cacheControl: 'no-cache', body: Buffer.from('<p>page') },
        ],
        identify: localIdentity(TOKEN, CALLER),
        api: (_request, url) => Promise.resolve({ status: 200, body: { api: url.pathname } }),
        onDefect: (error) => {
          throw error;
        },
      });
    },
  });
});
afterEach(async () => {
  await host.close(0);
  for (const server of [functions, live]) {
    server?.closeAllConnections();
    server?.close();
  }
});

const asked = { authorization: `Bearer ${TOKEN}` };
const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${origin}${path}`, init);

it('serves the page to anybody, with what a host can say for its safety', async () => {
  const response = await ask('/');

  expect(await response.text()).toBe('<p>page');
  expect(response.headers.get('content-security-policy')).toBe("frame-ancestors 'none'");
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
  expect((await ask('/', { method: 'POST' })).status).toBe(405);
  expect((await ask('/nothing')).status).toBe(404);
});

it.each(['/api/negotiate', '/api/getdevicestate'])(
  'asks nobody behind %s for who shows no token, or a wrong one',
  async (path) => {
    const method = path.endsWith('negotiate') ? 'POST' : 'GET';

    const shown: Record<string, string>[] = [{}, { authorization: 'Bearer wrong' }];
    for (const headers of shown) expect((await ask(path, { method, headers })).status).toBe(401);

    expect(seen.functions).toEqual([]);
  },
);

it('leads device states to the functions, without what the browser keeps for this machine', async () => {
  const response = await ask('/api/getdevicestate?site=a&after=b', { headers: { ...asked, cookie: 'other=1' } });

  expect([response.status, await response.json()]).toEqual([200, { devices: [] }]);
  expect(seen.functions).toMatchObject([{ url: '/api/getdevicestate?site=a&after=b', headers: asked }]);
  expect(seen.functions[0]?.headers).not.toHaveProperty('cookie');
  expect(seen.functions[0]?.headers.host).toBe(new URL(urlOf(some(functions))).host);
});

const some = (server: Server | undefined): Server => {
  if (server === undefined) throw new Error('it is started first');
  return server;
};

it('answers negotiate with its own address in the place of that of SignalR', async () => {
  const response = await ask('/api/negotiate?site=a&negotiateVersion=1', { method: 'POST', headers: asked });

  expect(await response.json()).toEqual({ url: `${origin}/client/?hub=telemetry`, accessToken: 'of SignalR' });
  expect(seen.functions).toMatchObject([
    { method: 'POST', url: '/api/negotiate?site=a&negotiateVersion=1', headers: asked },
  ]);
});

it('leads clients to SignalR, by requests and by websockets', async () => {
  const negotiated = await ask('/client/negotiate?hub=telemetry', {
    method: 'POST',
    headers: { authorization: 'Bearer of SignalR' },
  });
  expect(await negotiated.json()).toEqual({ connectionId: '1' });

  const answered = await upgrade('/client/?hub=telemetry&access_token=t', { origin });

  expect(answered).toMatch(/^HTTP\/1\.1 101 /);
  expect(answered).toContain('hello');
  expect(seen.live.map(({ method, url }) => [method, url])).toEqual([
    ['POST', '/client/negotiate?hub=telemetry'],
    ['upgrade', '/client/?hub=telemetry&access_token=t'],
  ]);
});

/** Asks for a websocket in raw bytes; ends it once something has come. */
async function upgrade(
  path: string,
  { host: name = new URL(origin).host, origin: from }: { host?: string; origin: string },
): Promise<string> {
  const socket = connect(host.port, '127.0.0.1');
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `Host: ${name}`,
      `Origin: ${from}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      '',
      '',
    ].join('\r\n'),
  );
  let answered = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answered += chunk;
    if (/ 403 |hello/.test(answered)) socket.end();
  });
  await once(socket, 'close');
  return answered;
}

it('lets no page of another origin in, by whatever name it comes', async () => {
  const own = new URL(origin).host;
  expect(await upgrade('/client/?hub=telemetry', { origin: 'http://evil.test' })).toContain('403');
  expect(await upgrade('/client/?hub=telemetry', { origin, host: 'evil.test' })).toContain('403');
  expect(await upgrade('/api/negotiate', { origin })).toContain('403');
  expect((await ask('/api/me', { headers: { ...asked, origin: 'http://evil.test' } })).status).toBe(421);
  expect((await ask('/api/getdevicestate', { headers: { ...asked, origin: 'http://evil.test' } })).status).toBe(421);
  expect(await raw(`GET /api/me HTTP/1.1\r\nHost: evil.test:80\r\nConnection: close\r\n\r\n`)).toContain('421');
  expect(await raw(`GET / HTTP/1.1\r\nHost: evil.test:80\r\nConnection: close\r\n\r\n`)).toContain('421');
  expect(await raw(`GET / HTTP/1.1\r\nHost: ${own}\r\nConnection: close\r\n\r\n`)).toContain('200');
  expect([seen.functions, seen.live]).toEqual([[], []]);
});

async function raw(request: string): Promise<string> {
  const socket = connect(host.port, '127.0.0.1');
  socket.write(request);
  return text(socket);
}

it('hands all else below /api to the API of rollouts', async () => {
  expect(await (await ask('/api/rollouts', { headers: asked })).json()).toEqual({ api: '/api/rollouts' });
});

it('says who is away', async () => {
  for (const server of [functions, live]) await new Promise((resolve) => some(server).close(resolve));

  const answers = await Promise.all([
    ask('/api/getdevicestate', { headers: asked }),
    ask('/api/negotiate', { method: 'POST', headers: asked }),
    ask('/client/negotiate', { method: 'POST' }),
  ]);

  expect(answers.map(({ status }) => status)).toEqual([502, 502, 502]);
  expect(await answers[0].json()).toMatchObject({ error: { message: 'no answer from the functions' } });
});
