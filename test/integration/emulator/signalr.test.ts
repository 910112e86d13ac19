import { HttpTransportType, type HubConnection, HubConnectionState } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import * as jwt from 'jsonwebtoken';

import { eventually } from '../../support/eventually';
import {
  API,
  arm,
  broadcast,
  call,
  type ClientOptions,
  clientOf,
  clientToken,
  clientUrl,
  closeOf,
  createService,
  nextCall,
  serverless,
  type TestService,
} from '../../support/signalr';

let service: TestService;
const clients: HubConnection[] = [];

async function connect(options: ClientOptions = {}, to = service): Promise<HubConnection> {
  const client = clientOf(to, options);
  clients.push(client);
  await client.start();
  return client;
}

beforeAll(async () => {
  service = await createService();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.stop()));
});

const streamed = (client: HubConnection): Promise<void> =>
  new Promise((resolve, reject) => {
    client.stream('all').subscribe({ next: () => undefined, complete: resolve, error: reject });
  });

const { WebSockets, ServerSentEvents, LongPolling } = HttpTransportType;

describe('the official client', () => {
  it.each([
    ['websockets and JSON', { transport: WebSockets }],
    ['Server-Sent Events and JSON', { transport: ServerSentEvents }],
    ['long polling and JSON', { transport: LongPolling }],
    ['websockets and MessagePack', { transport: WebSockets, protocol: new MessagePackHubProtocol() }],
    ['long polling and MessagePack', { transport: LongPolling, protocol: new MessagePackHubProtocol() }],
  ])('gets messages in their order by %s, until it leaves', async (_, options) => {
    const client = await connect({ ...options, claims: { nameid: 'reader' } });
    const seen: unknown[] = [];
    client.on('deviceStates', (states, n) => seen.push([states, n]));
    const state = [{ deviceId: 'grün\u2028 <img>', reading: { Celsius: 21.5, none: null }, count: 2 ** 40 }];

    for (const n of [1, 2, 3]) expect((await broadcast(service, 'deviceStates', state, n)).status).toBe(202);
    await eventually(() => expect(seen).toEqual([1, 2, 3].map((n) => [state, n])));
    await client.stop();

    const path = `/api/hubs/telemetry/connections/${client.connectionId ?? 'none'}?${API}`;
    expect((await call(service, 'HEAD', path)).status).toBe(404);
    await eventually(async () =>
      expect((await call(service, 'HEAD', `/api/hubs/telemetry/users/reader?${API}`)).status).toBe(404),
    );
  });

  it('falls back to long polling for a protocol of bytes that Server-Sent Events cannot carry', async () => {
    const transport: HttpTransportType = ServerSentEvents | LongPolling;
    const client = await connect({ transport, protocol: new MessagePackHubProtocol() });
    const next = nextCall(client, 'hello');

    await broadcast(service, 'hello', new Array(40_000).fill('long'));

    expect(await next).toEqual([new Array(40_000).fill('long')]);
  });

  it.each([
    ['websockets', WebSockets, undefined],
    ['websockets and MessagePack', WebSockets, new MessagePackHubProtocol()],
    ['Server-Sent Events', ServerSentEvents, undefined],
    ['long polling', LongPolling, undefined],
  ])('is told by %s why it was closed, and does not come back', async (_, transport, protocol) => {
    const client = await connect({ transport, ...(protocol && { protocol }) });
    const closed = closeOf(client);

    const path = `/api/hubs/telemetry/connections/${client.connectionId ?? ''}?reason=enough&${API}`;
    expect((await call(service, 'DELETE', path)).status).toBe(200);

    expect(await closed).toContain('enough');
    expect(client.state).toBe(HubConnectionState.Disconnected);
  });

  it('comes back under another id when the service restarts, and is in no group of before', async () => {
    const client = await connect();
    const before = client.connectionId ?? '';
    await call(service, 'PUT', `/api/hubs/telemetry/groups/site:a/connections/${before}?${API}`);
    const back = new Promise<string | undefined>((resolve) => client.onreconnected(resolve));

    expect((await arm('POST', `${service.id}/restart`)).status).toBe(204);

    expect([undefined, before]).not.toContain(await back);
    expect((await call(service, 'HEAD', `/api/hubs/telemetry/groups/site:a?${API}`)).status).toBe(404);
  });

  it.each([
    ['a call', (client: HubConnection) => client.invoke('shout')],
    ['a stream', (client: HubConnection) => streamed(client)],
  ])('is closed when it sends %s: nobody is there to answer', async (_, send) => {
    const client = await connect();
    const closed = closeOf(client);

    await expect(send(client)).rejects.toThrow();

    expect(await closed).toMatch(/no upstream|not supported/);
  });

  it('hears nothing of other hubs and services', async () => {
    const other = await createService();
    const seen: string[] = [];
    for (const [name, client] of [
      ['hub', await connect({ hub: 'other' })],
      ['service', await connect({}, other)],
    ] as const) {
      client.on('hello', () => seen.push(name));
      client.on('bye', () => seen.push(`${name} bye`));
    }
    const here = await connect({ hub: 'Telemetry' });
    const next = nextCall(here, 'hello');

    await broadcast(service, 'hello');
    await next;
    await broadcast(other, 'bye');
    await call(service, 'POST', `/api/hubs/other/:send?${API}`, { target: 'bye' });

    await eventually(() => expect(seen.toSorted()).toEqual(['hub bye', 'service bye']));
  });
});

describe('a client is let in', () => {
  const negotiate = (token: string | undefined, hub = 'telemetry') =>
    fetch(`${service.endpoint}/client/negotiate?hub=${hub}&negotiateVersion=1`, {
      method: 'POST',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    });
  const signed = (options: jwt.SignOptions, key = service.key) => jwt.sign({}, key, options);

  it('with a token for its hub only', async () => {
    const audience = clientUrl(service);

    expect((await negotiate(clientToken(service))).status).toBe(200);
    expect((await negotiate(clientToken(service), 'other')).status).toBe(401);
    expect((await negotiate(undefined)).status).toBe(401);
    expect((await negotiate(signed({ audience, expiresIn: -1 }))).status).toBe(401);
    expect((await negotiate(signed({ audience }))).status).toBe(401); // good for ever
    expect((await negotiate(signed({ audience, expiresIn: 60 }, 'another key'))).status).toBe(401);
    expect((await negotiate(signed({ audience, expiresIn: 60, algorithm: 'HS512' }))).status).toBe(401);
    expect((await negotiate(signed({ expiresIn: 60 }))).status).toBe(401);
    expect((await negotiate(jwt.sign({}, '', { audience, expiresIn: 60, algorithm: 'none' }))).status).toBe(401);
  });

  it('to its own connection only', async () => {
    const made = (await (await negotiate(clientToken(service, { nameid: 'a' }))).json()) as { connectionToken: string };
    const poll = (token: string, id: string) =>
      fetch(`${clientUrl(service)}&id=${id}`, { headers: { authorization: `Bearer ${token}` } });

    expect((await poll(clientToken(service, { nameid: 'b' }), made.connectionToken)).status).toBe(403);
    expect((await poll(clientToken(service, { nameid: 'a' }), 'another')).status).toBe(404);
    expect((await poll(clientToken(service, { nameid: 'a' }), made.connectionToken)).status).toBe(200);
  });

  it('with a key that is still one: neither after it was made anew, nor where access keys are switched off', async () => {
    const own = await createService();
    const old = clientToken(own);
    const enter = () =>
      fetch(`${own.endpoint}/client/negotiate?hub=telemetry&negotiateVersion=1`, {
        method: 'POST',
        headers: { authorization: `Bearer ${old}` },
      });
    expect((await enter()).status).toBe(200);

    await arm('POST', `${own.id}/regenerateKey`, { keyType: 'Primary' });
    expect((await enter()).status).toBe(401);

    await arm('PUT', own.id, serverless({ disableLocalAuth: true }));
    const keys = await arm('POST', `${own.id}/listKeys`);
    expect(keys).toMatchObject({ status: 200, body: {} });
    expect(Object.keys(keys.body)).toEqual([]);
  });

  it('by as many connections as its units allow, and sent away where its hub needs a server', async () => {
    const small = await createService({ ...serverless(), sku: { name: 'Free_F1' } });
    const token = clientToken(small);
    const enter = () =>
      fetch(`${small.endpoint}/client/negotiate?hub=telemetry&negotiateVersion=1`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
    const statuses = await Promise.all(Array.from({ length: 21 }, async () => (await enter()).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses).toContain(429);

    const full = await createService(serverless({ features: [{ flag: 'ServiceMode', value: 'Default' }] }));
    const client = clientOf(full);
    const closed = closeOf(client);
    await client.start().catch(() => undefined);
    expect(await closed).toContain('No server available');
  });
});

describe('a page of another origin', () => {
  const from = (to: TestService, origin: string, init: RequestInit = {}) =>
    fetch(`${to.endpoint}/client/negotiate?hub=telemetry&negotiateVersion=1`, {
      method: 'POST',
      ...init,
      headers: { origin, authorization: `Bearer ${clientToken(to)}`, ...(init.headers as object) },
    });
  const allowed = ({ headers }: Response) => [
    headers.get('access-control-allow-origin'),
    headers.get('access-control-allow-credentials'),
  ];

  it('may call when exactly it is allowed', async () => {
    const own = await createService(serverless({ cors: { allowedOrigins: ['https://page.z1.web.azure.test'] } }));

    expect(allowed(await from(own, 'https://page.z1.web.azure.test'))).toEqual([
      'https://page.z1.web.azure.test',
      'true',
    ]);
    for (const other of [
      'http://page.z1.web.azure.test',
      'https://evil.test',
      'null',
      'https://page.z1.web.azure.test.evil.test',
    ]) {
      expect(allowed(await from(own, other))).toEqual([null, null]);
    }
    expect(allowed(await from(service, 'https://anywhere.test'))).toEqual(['https://anywhere.test', 'true']);
  });

  it('is told so before it asks', async () => {
    const own = await createService(serverless({ cors: { allowedOrigins: ['https://page.test'] } }));
    const ask = (origin: string) =>
      from(own, origin, {
        method: 'OPTIONS',
        headers: { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-requested-with' },
      });

    const [good, bad] = [await ask('https://page.test'), await ask('https://other.test')];

    expect(good.status).toBe(204);
    expect(good.headers.get('access-control-allow-headers')).toBe('x-requested-with');
    expect(good.headers.get('access-control-allow-methods')).toContain('DELETE');
    expect(allowed(bad)).toEqual([null, null]);
    expect(bad.headers.get('access-control-allow-headers')).toBeNull();
  });
});
