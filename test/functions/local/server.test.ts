import { Agent, request } from 'node:https';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Answer } from '../../../functions/allocation/allocate';
import { type AllocationHost, serveAllocation } from '../../../functions/local/server';
import { makeCertificate, type TestCertificate } from '../../support/certificates';

const KEY = 'k3y+/=';
const HUB = 'west.azure-devices.net';
const GIVEN: Answer = { status: 200, because: 'current', body: { iotHubHostName: HUB } };

let certificate: TestCertificate;
let host: AllocationHost;
let agent: Agent;
let asked: unknown[];
let allocate: () => Promise<Answer>;

beforeAll(async () => {
  certificate = await makeCertificate('localhost');
});
beforeEach(async () => {
  asked = [];
  allocate = () => Promise.resolve(GIVEN);
  agent = new Agent({ ca: certificate.cert, keepAlive: true });
  host = await serveAllocation({
    host: '127.0.0.1',
    port: 0,
    tls: certificate,
    key: KEY,
    allocate: (raw) => (asked.push(raw), allocate()),
  });
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

async function call(path: string, { method = 'POST', headers = {}, body = '{}' }: Call = {}) {
  const sent = request({ agent, servername: 'localhost', host: '127.0.0.1', port: host.port, method, path, headers });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
}

const code = `/api/allocate?code=${encodeURIComponent(KEY)}`;

it.each([
  ['in the query', code, {}],
  ['in the header', '/api/allocate', { 'x-functions-key': KEY }],
])('answers who shows the key %s', async (_, path, headers) => {
  const answered = await call(path, { headers, body: '{"linkedHubs":[]}' });

  expect(answered).toEqual({ status: 200, body: JSON.stringify({ iotHubHostName: HUB }) });
  expect(asked).toEqual([{ linkedHubs: [] }]);
});

it.each([
  ['no key', '/api/allocate', {}],
  ['an empty key', '/api/allocate?code=', {}],
  ['a wrong key', '/api/allocate?code=k3y', {}],
  ['a wrong key in the header', code, { 'x-functions-key': 'another' }],
])('refuses %s, and asks nobody', async (_, path, headers) => {
  expect(await call(path, { headers })).toEqual({ status: 401, body: '' });
  expect(asked).toEqual([]);
});

it.each([
  ['another path', 404, '/api/other', {}],
  ['another method', 405, code, { method: 'GET', body: '' }],
  ['a body that is too large', 413, code, { body: 'x'.repeat(300 * 1024) }],
])('refuses %s with %d', async (_, status, path, how) => {
  expect((await call(path, how)).status).toBe(status);
  expect(asked).toEqual([]);
});

it('says why it has no hub', async () => {
  allocate = () => Promise.resolve({ status: 503, reason: 'the store is down' });

  expect(await call(code, { body: 'no JSON' })).toEqual({ status: 503, body: '{"error":"the store is down"}' });
  expect(asked).toEqual([undefined]);
});

it('tells anybody that it lives', async () => {
  expect(await call('/healthz', { method: 'GET', body: '' })).toMatchObject({ status: 200 });
});

it('answers what it was asked before it ends', async () => {
  let answer: (given: Answer) => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    allocate = () => {
      resolve();
      return new Promise((given) => (answer = given));
    };
  });
  const called = call(code);
  await begun;

  const closed = host.close();
  answer(GIVEN);

  expect((await called).status).toBe(200);
  await closed;
  host = await serveAllocation({ host: '127.0.0.1', port: 0, tls: certificate, key: KEY, allocate }); // for afterEach
});
