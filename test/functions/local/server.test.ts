import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { allocationFunction } from '../../../functions/allocation/function';
import { keyGuard } from '../../../functions/guard';
import type { HttpFunction } from '../../../functions/http';
import { serveFunctions } from '../../../functions/local/server';
import type { Host } from '../../../http/host';
import { makeCertificate, type TestCertificate } from '../../support/certificates';

const KEY = 'k3y+/=';
const PAGE = 'https://page.example';

let certificate: TestCertificate;
let host: Host;
let agent: Agent;
let asked: unknown[];
let run: HttpFunction['run'];
let logged: object[];

const http: HttpFunction = {
  name: 'act',
  method: 'POST',
  access: 'key',
  largestBody: 1_000,
  run: (request, log) => run(request, log),
};

const serve = (): Promise<Host> =>
  serveFunctions({
    host: '127.0.0.1',
    port: 0,
    tls: certificate,
    functions: [
      { http, guard: keyGuard(KEY) },
      { http: { name: 'bare', method: 'GET', access: 'key', run: http.run }, guard: keyGuard(KEY) },
    ],
    origins: [PAGE],
    log: (level, entry) => void logged.push({ level, ...entry }),
  });

beforeAll(async () => {
  certificate = await makeCertificate('localhost');
});
beforeEach(async () => {
  asked = [];
  logged = [];
  run = async (request) => {
    asked.push(await request.json());
    return { status: 200, body: { done: true } };
  };
  agent = new Agent({ ca: certificate.cert, keepAlive: true });
  host = await serve();
});
afterEach(async () => {
  agent.destroy();
  await host.close();
});

interface Call {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function call(path: string, { method = 'POST', headers: more = {}, body = '{}' }: Call = {}) {
  const headers = { ...(body !== '' && { 'content-type': 'application/json' }), ...more };
  const sent = request({ agent, servername: 'localhost', host: '127.0.0.1', port: host.port, method, path, headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response), headers: response.headers };
}

const code = `/api/act?code=${encodeURIComponent(KEY)}`;

it.each([
  ['in the query', code, {}],
  ['in the header', '/api/act', { 'x-functions-key': KEY }],
])('answers who shows the key %s', async (_, path, headers) => {
  const answered = await call(path, { headers, body: '{"a":[]}' });

  expect(answered).toMatchObject({ status: 200, body: '{"done":true}' });
  expect(asked).toEqual([{ a: [] }]);
});

it.each([
  ['no key', '/api/act', {}],
  ['an empty key', '/api/act?code=', {}],
  ['a wrong key', '/api/act?code=k3y', {}],
  ['a wrong key in the header', code, { 'x-functions-key': 'another' }],
  ['the key as a bearer token', '/api/act', { authorization: `Bearer ${KEY}` }],
])('refuses %s, and asks nobody', async (_, path, headers) => {
  const { status, body } = await call(path, { headers });

  expect(status).toBe(401);
  expect(JSON.parse(body)).toEqual({ error: { code: 'UNKNOWN_CALLER', message: expect.any(String) as string } });
  expect(asked).toEqual([]);
});

it.each([
  ['another path', 404, '/api/other', {}],
  ['another method', 405, code, { method: 'GET', body: '' }],
  ['a body that is too large', 413, code, { body: 'x'.repeat(1_001) }],
  ['a body that is no JSON', 400, code, { body: 'no' }],
  ['a body that says so', 415, code, { headers: { 'content-type': 'text/plain' } }],
])('refuses %s with %d', async (_, status, path, how) => {
  expect((await call(path, how)).status).toBe(status);
  expect(asked).toEqual([]);
});

it('reads no body for a function that takes none', async () => {
  const { status } = await call('/api/bare', { method: 'GET', body: '', headers: { 'x-functions-key': KEY } });

  expect(status).toBe(200);
  expect(asked).toEqual([undefined]);
});

it('answers for a function that fails, and logs it', async () => {
  run = () => Promise.reject(new Error('boom'));

  expect(await call(code)).toMatchObject({ status: 500, body: expect.stringContaining('FAILED') as string });
  expect(logged).toEqual([{ level: 'warn', what: 'a function has failed', error: 'Error: boom' }]);
});

const preflight = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'authorization' };

it('lets the page of an exact origin call, and asks it for the key all the same', async () => {
  const before = await call('/api/act', { method: 'OPTIONS', body: '', headers: { origin: PAGE, ...preflight } });
  const refused = await call('/api/act', { headers: { origin: PAGE } });

  expect(before).toMatchObject({
    status: 204,
    headers: {
      'access-control-allow-origin': PAGE,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': 'authorization, content-type, x-requested-with, x-signalr-user-agent',
      vary: 'Origin',
    },
  });
  expect(refused).toMatchObject({ status: 401, headers: { 'access-control-allow-origin': PAGE } });
  expect(asked).toEqual([]);
});

it.each(['https://page.example.evil', 'http://page.example', 'https://page.example:444', 'null', '*'])(
  'tells the browser of a page at %s nothing',
  async (origin) => {
    const before = await call('/api/act', { method: 'OPTIONS', body: '', headers: { origin, ...preflight } });
    const answered = await call('/api/act', { headers: { origin, 'x-functions-key': KEY } });

    for (const { headers } of [before, answered])
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  },
);

it('serves the allocation webhook, and says why it has no hub', async () => {
  const store = { read: () => Promise.reject(new Error('the store is down')) };
  const rules = { default: { newDevices: {} }, groups: {} };
  const webhook = allocationFunction({ service: 's', rules, store, withinMs: 1_000 });
  const query = {
    deviceRuntimeContext: { registrationId: 'door-1' },
    linkedHubs: ['west.azure-devices.net'],
  };

  const lines: unknown[] = [];
  const body = { headers: new Headers(), query: new URLSearchParams(), json: () => Promise.resolve(query) };
  const reply = await webhook.run(body, (...line) => lines.push(line));

  expect(reply).toMatchObject({ status: 503, body: { error: expect.stringContaining('the store is down') as string } });
  expect(lines).toEqual([['warn', expect.objectContaining({ registrationId: 'door-1' })]]);
});

it('tells anybody that it lives', async () => {
  expect(await call('/healthz', { method: 'GET', body: '' })).toMatchObject({ status: 200 });
});

it('answers what it was asked before it ends', async () => {
  let answer: (given: { status: number; body: object }) => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    run = () => {
      resolve();
      return new Promise((given) => (answer = given));
    };
  });
  const called = call(code);
  await begun;

  const closed = host.close();
  answer({ status: 200, body: {} });

  expect((await called).status).toBe(200);
  await closed;
  host = await serve(); // for afterEach
});
