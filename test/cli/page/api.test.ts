import { CONTROL_ROLE, READ_ROLE } from '../../../dashboard/core/contract';
import { type ApiParts, createApi, type OrderEntry } from '../../../cli/page/api';
import { createRateLimit } from '../../../cli/page/limits';
import { NoWorkerError, UnknownRolloutError } from '../../../cli/rollout/errors';
import type { Order } from '../../../domain/progress';
import { type Host, jsonListener, listen } from '../../../http/host';
import type { Caller } from '../../../http/identity';
import { look, main, ROLLOUT_ID, state } from '../looks';

type FakeRollouts = ApiParts['rollouts'];

const CALLERS: Readonly<Record<string, Caller>> = {
  reader: { name: 'rita@contoso.test', id: 'id-rita', roles: [READ_ROLE, 'Other.Role'], scopes: [] },
  steerer: { name: 'stan@contoso.test', id: 'id-stan', roles: [CONTROL_ROLE], scopes: [] },
  nobody: { name: 'ned@contoso.test', id: 'id-ned', roles: [], scopes: [] },
};
const PAGE = 'https://page.test';

let host: Host;
let orders: { kind: string; rolloutId: string; order: Order }[];
let entries: OrderEntry[];
let defects: unknown[];
let fake: FakeRollouts;

const calm: FakeRollouts = {
  list: () =>
    Promise.resolve([{ rolloutId: 'lock-doors', execution: 'RUNNING', startedAt: '2026-11-21T11:00:00.000Z' }]),
  look: () => Promise.resolve(look({})),
  arbiterOf: () => Promise.resolve(undefined),
  order: (kind, rolloutId, order) => {
    orders.push({ kind, rolloutId, order });
    return Promise.resolve({ kind: 'accepted', state: state({}) });
  },
  story: (deviceId) => Promise.resolve({ deviceId, rolloutCount: 0, chapterCount: 0, chapters: [] }),
  twin: () => Promise.resolve(null),
};

const identify: ApiParts['identify'] = (authorization) => {
  if (authorization === 'Bearer away') return Promise.reject(new Error('no route to the directory'));
  const caller = CALLERS[authorization?.replace('Bearer ', '') ?? ''];
  return Promise.resolve(caller === undefined ? { kind: 'refused', message: 'no' } : { kind: 'known', caller });
};

/** Serves the API over `fake`; @param atOnce requests that a caller may make: there are hardly any more later */
async function start(atOnce = 1_000): Promise<void> {
  const answer = createApi({
    rollouts: {
      list: (...asked) => fake.list(...asked),
      look: (...asked) => fake.look(...asked),
      arbiterOf: (...asked) => fake.arbiterOf(...asked),
      order: (...asked) => fake.order(...asked),
      story: (...asked) => fake.story(...asked),
      twin: (...asked) => fake.twin(...asked),
    },
    identify,
    onOrder: (entry) => entries.push(entry),
    limit: createRateLimit(0.001, atOnce),
  });
  const cors = { origins: [PAGE], methods: ['GET', 'POST'], headers: ['authorization', 'content-type'] };
  const listener = jsonListener({ cors, answer, onDefect: (error) => defects.push(error) });
  host = await listen({ host: '127.0.0.1', port: 0, serving: () => ({ listener }) });
}

beforeEach(async () => {
  [fake, orders, entries, defects] = [{ ...calm }, [], [], []];
  await start();
});
afterEach(() => host.close(0));

interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Response['headers'];
}

async function ask(path: string, as: string | undefined, init: RequestInit = {}): Promise<Answered> {
  const headers = new Headers(init.headers);
  if (as !== undefined) headers.set('authorization', `Bearer ${as}`);
  const response = await fetch(`http://127.0.0.1:${host.port}${path}`, { ...init, headers });
  const text = await response.text();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  return { status: response.status, headers: response.headers, body };
}

const post = (path: string, as: string | undefined, body: unknown, type = 'application/json'): Promise<Answered> =>
  ask(path, as, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

const ROLLOUT = `/api/rollouts/${ROLLOUT_ID}`;

it.each([
  '/api/me',
  '/api/rollouts',
  ROLLOUT,
  '/api/devices/main/pump-1/twin',
  '/api/devices/main/pump-1/story',
  '/',
  '/api/none',
])('answers 401 to who shows nothing at %s', async (path) => {
  for (const who of [undefined, 'stranger'])
    expect(await ask(path, who)).toMatchObject({ status: 401, body: { error: { code: 'UNKNOWN_CALLER' } } });
  expect((await post(`${ROLLOUT}/abort`, undefined, { reason: 'x' })).status).toBe(401);
  expect(orders).toEqual([]);
});

it('says who the caller is, with the roles that mean something here', async () => {
  expect(await ask('/api/me', 'reader')).toMatchObject({
    status: 200,
    body: { name: 'rita@contoso.test', roles: [READ_ROLE] },
  });
  expect((await ask('/api/me', 'nobody')).body).toEqual({ name: 'ned@contoso.test', roles: [] });
});

it.each(['/api/rollouts', ROLLOUT, '/api/devices/main/pump-1/twin', '/api/devices/main/pump-1/story'])(
  'shows %s to nobody without a role',
  async (path) => {
    expect(await ask(path, 'nobody')).toMatchObject({
      status: 403,
      body: { error: { message: expect.stringContaining(READ_ROLE) as string } },
    });
  },
);

it('lists rollouts, and shows one with the arbiters of its hubs', async () => {
  const arbiter = { hub: main, slots: 10, held: [], waiting: [], claims: [] } as never;
  const plan = { uses: [{ hub: main }] } as never;
  fake = { ...calm, look: () => Promise.resolve(look({ plan })), arbiterOf: () => Promise.resolve(arbiter) };

  expect((await ask('/api/rollouts', 'reader')).body).toMatchObject({ rollouts: [{ rolloutId: 'lock-doors' }] });
  expect((await ask(ROLLOUT, 'steerer')).body).toMatchObject({
    rolloutId: ROLLOUT_ID,
    state: { status: 'running' },
    arbiters: [{ hub: 'main' }],
  });
});

it.each(['approve', 'pause', 'resume', 'abort'] as const)(
  'carries %s out in the name of who is signed in',
  async (control) => {
    const answered = await post(`${ROLLOUT}/${control}`, 'steerer', { reason: 'looks well', seen: 3 });

    expect(answered).toMatchObject({ status: 200, body: { state: { rolloutId: ROLLOUT_ID } } });
    expect(orders).toEqual([
      { kind: control, rolloutId: ROLLOUT_ID, order: { actor: 'stan@contoso.test', reason: 'looks well', seen: 3 } },
    ]);
    expect(entries).toEqual([{ rolloutId: ROLLOUT_ID, control, callerId: 'id-stan', result: 'accepted' }]);
  },
);

it('lets nobody steer with the role to look, and nobody name somebody else', async () => {
  expect((await post(`${ROLLOUT}/abort`, 'reader', { reason: 'x' })).status).toBe(403);
  expect(await post(`${ROLLOUT}/abort`, 'steerer', { reason: 'x', actor: 'root' })).toMatchObject({
    status: 400,
    body: { error: { message: 'actor is "root", allowed is one of the fields reason, seen' } },
  });
  expect(orders).toEqual([]);
});

it.each([
  ['no reason', {}, 'reason is nothing'],
  ['a blank reason', { reason: '  ' }, 'reason is "  "'],
  ['a reason without end', { reason: 'x'.repeat(1_001) }, 'reason is "xxx'],
  ['half a decision', { reason: 'x', seen: 1.5 }, 'seen is 1.5'],
  ['a list', [], '(document) is []'],
])('refuses an order with %s, and says what is allowed', async (_what, body, message) => {
  const answered = await post(`${ROLLOUT}/pause`, 'steerer', body);

  expect(answered).toMatchObject({
    status: 400,
    body: { error: { message: expect.stringContaining(message) as string } },
  });
  expect(orders).toEqual([]);
});

it.each([
  ['no JSON', '{', 'application/json', 400],
  ['a form', 'reason=x', 'application/x-www-form-urlencoded', 415],
  ['a book', JSON.stringify({ reason: 'x'.repeat(20_000) }), 'application/json', 413],
])('refuses a body that is %s', async (_what, body, type, status) => {
  expect((await post(`${ROLLOUT}/pause`, 'steerer', body, type)).status).toBe(status);
  expect(orders).toEqual([]);
});

it('tells why the rollout refuses an order', async () => {
  fake = { ...calm, order: () => Promise.resolve({ kind: 'refused', reason: 'it is not held' }) };

  expect(await post(`${ROLLOUT}/approve`, 'steerer', { reason: 'x' })).toMatchObject({
    status: 409,
    body: { error: { code: 'GS_ORDER_REFUSED', message: 'it is not held' } },
  });
  expect(entries).toMatchObject([{ result: 'refused' }]);
});

it('tells of what is not there and of who does not answer, each by its status', async () => {
  const fails = (error: Error) => () => Promise.reject(error);
  fake = {
    ...calm,
    look: fails(new UnknownRolloutError('there is no rollout', 'next')),
    story: fails(new NoWorkerError('no worker answered', 'next')),
    list: fails(new TypeError('a defect with a secret')),
  };

  expect((await ask(ROLLOUT, 'reader')).status).toBe(404);
  expect((await ask('/api/devices/main/pump-1/twin', 'reader')).status).toBe(404);
  expect((await ask('/api/devices/main/pump-1/story', 'reader')).status).toBe(503);
  expect((await ask('/api/me', 'away')).status).toBe(503);
  expect(defects).toEqual([]);
  expect(await ask('/api/rollouts', 'reader')).toMatchObject({
    status: 500,
    body: { error: { message: 'the host has failed' } },
  });
  expect(defects).toMatchObject([{ message: 'a defect with a secret' }]);
});

it.each([
  ['/api/none', 'GET', 404],
  ['/api', 'GET', 404],
  ['/api/me/too', 'GET', 404],
  [`${ROLLOUT}/rollback`, 'POST', 404],
  [`${ROLLOUT}/abort/more`, 'POST', 404],
  [`${ROLLOUT}/abort`, 'GET', 405],
  [ROLLOUT, 'DELETE', 405],
  ['/api/rollouts/Lock_Doors', 'GET', 400],
  ['/api/rollouts/%zz', 'GET', 400],
  ['/api/devices/main/a%20b/twin', 'GET', 400],
  ['/api/devices/%2E%2E%2Fmain/pump-1/twin', 'GET', 400],
  ['/api/devices/main/pump-1', 'GET', 404],
])('has for %s %s the answer %d', async (path, method, status) => {
  expect((await ask(path, 'steerer', { method })).status).toBe(status);
});

it('names the origin of a page that may ask, and of no other', async () => {
  const preflight = { method: 'OPTIONS', headers: { origin: PAGE, 'access-control-request-method': 'POST' } };

  const [asked, own, other] = [
    await ask(`${ROLLOUT}/abort`, undefined, preflight),
    await ask('/api/me', 'reader', { headers: { origin: PAGE } }),
    await ask('/api/me', 'reader', { headers: { origin: 'https://page.test.evil' } }),
  ];

  expect(asked.status).toBe(204);
  expect(asked.headers.get('access-control-allow-headers')).toBe('authorization, content-type');
  expect([asked, own, other].map(({ headers }) => headers.get('access-control-allow-origin'))).toEqual([
    PAGE,
    PAGE,
    null,
  ]);
  expect(own.headers.get('access-control-allow-credentials')).toBeNull();
  expect(own.headers.get('cache-control')).toBe('no-store');
});

it('answers too many requests of one caller with 429, and goes on answering others', async () => {
  await host.close(0);
  await start(3);

  const statuses: number[] = [];
  for (let time = 0; time < 4; time += 1) statuses.push((await ask('/api/me', 'reader')).status);

  expect(statuses).toEqual([200, 200, 200, 429]);
  expect((await ask('/api/me', 'steerer')).status).toBe(200);
});
