import type { FunctionReply, HttpFunction } from '../../../functions/http';
import { telemetryFunctions } from '../../../functions/telemetry/functions';
import type { SignalR } from '../../../functions/telemetry/signalr';
import { type DeviceReader, type PageQuery, UnknownPage } from '../../../telemetry/ports';

const PAGE = { devices: [], after: 'next' };
const DEVICE = { deviceId: 'd1' };

const asked: PageQuery[] = [];
const reader = {
  page: (query: PageQuery) => {
    asked.push(query);
    return query.after === 'bad' ? Promise.reject(new UnknownPage('bad')) : Promise.resolve(PAGE);
  },
  one: ({ deviceId }: { deviceId: string }) =>
    deviceId === 'down'
      ? Promise.reject(new Error('AuthorizationFailure of account a1'))
      : Promise.resolve(deviceId === 'd1' ? DEVICE : undefined),
} as unknown as DeviceReader;

const told: unknown[][] = [];
let down = false;
const tell = (...args: unknown[]): Promise<void> => {
  told.push(args);
  return down ? Promise.reject(new Error('401 of signalr')) : Promise.resolve();
};
const signalr: SignalR = {
  clientUrl: 'https://live.test/client/?hub=telemetry',
  send: (message, group) => tell('send', message, group),
  addUserToGroup: (user, group) => tell('join', user, group),
  clientToken: (user) => Promise.resolve(`token of ${user}`),
};

const byName = new Map(telemetryFunctions(reader, signalr).map((http) => [http.name, http]));
const logged: unknown[] = [];
beforeEach(() => {
  asked.length = told.length = logged.length = 0;
  down = false;
});

const functionOf = (name: string): HttpFunction => {
  const http = byName.get(name);
  if (http === undefined) throw new Error(name);
  return http;
};
const call = (name: string, query: string, body?: unknown): Promise<FunctionReply> =>
  functionOf(name).run(
    {
      headers: new Headers(),
      query: new URLSearchParams(query),
      json: () => (body === undefined ? Promise.reject(new Error('no JSON')) : Promise.resolve(body)),
    },
    (...line) => logged.push(line),
  );

it('asks pages who they are, and who sends for a key', () => {
  expect([...byName.values()].map(({ name, method, access }) => [name, method, access])).toEqual([
    ['negotiate', 'POST', 'caller'],
    ['getdevicestate', 'GET', 'caller'],
    ['sendsignalrmessage', 'POST', 'key'],
  ]);
});

describe('negotiate', () => {
  it.each([
    ['', 'all'],
    ['site=north%20%2F%20s%C3%BCd', 'site:north / süd'],
  ])('puts a client with %j into the group %s alone, before it connects', async (query, group) => {
    const { status, body } = await call('negotiate', `${query}&code=key&negotiateVersion=1`);

    const [[, user] = []] = told;
    expect(told).toEqual([['join', user, group]]);
    expect(user).toMatch(/^[0-9a-f]{32}$/);
    expect({ status, body }).toEqual({
      status: 200,
      body: { url: signalr.clientUrl, accessToken: `token of ${String(user)}` },
    });
  });

  it('knows the clients of one site as one user, and those of another as another', async () => {
    for (const site of ['north', 'north', 'south']) await call('negotiate', `site=${site}`);

    const users = told.map(([, user]) => user);
    expect([users[0] === users[1], users[0] === users[2]]).toEqual([true, false]);
  });

  it('says that the service is away, and not what it has answered', async () => {
    down = true;

    const reply = await call('negotiate', '');

    expect(reply).toMatchObject({ status: 503, body: { error: { code: 'AWAY' } } });
    expect(JSON.stringify(reply)).not.toContain('401');
    expect(logged).toEqual([['warn', { what: 'negotiate', error: 'Error: 401 of signalr' }]]);
  });
});

describe('getdevicestate', () => {
  it.each([
    ['', {}],
    ['hub=west&site=north&after=x&code=key', { hub: 'west', site: 'north', after: 'x' }],
  ])('gives a page for %j', async (query, wanted) => {
    expect(await call('getdevicestate', query)).toEqual({ status: 200, body: PAGE });
    expect(asked).toEqual([{ size: 1_000, ...wanted }]);
  });

  it('gives one device, or says that it knows none', async () => {
    expect(await call('getdevicestate', 'hub=west&device=d1')).toEqual({ status: 200, body: DEVICE });
    expect(await call('getdevicestate', 'hub=west&device=d2')).toMatchObject({
      status: 404,
      body: { error: { code: 'DEVICE_UNKNOWN', message: 'of device d2 of hub west nothing has been heard' } },
    });
  });

  it.each([
    ['device=d1', 'hub is missing, allowed is the hub of the device'],
    ['device=d1&hub=west&site=north', 'site is given, allowed is nothing beside device and hub'],
    ['device=d1&hub=west&after=x', 'after is given, allowed is nothing beside device and hub'],
    ['site=', 'site is "", allowed is a text of 1 to 128 characters'],
    ['site=a&site=b', 'site is ["a","b"], allowed is a text of 1 to 128 characters'],
    [`hub=${'x'.repeat(129)}`, 'allowed is a text of 1 to 128 characters'],
    ['sit=a', 'sit is "a", allowed is one of the fields hub, site, device, after'],
    ['after=bad', 'after is "bad", allowed is what the page before has given as after'],
  ])('refuses %j, naming the field', async (query, message) => {
    expect(await call('getdevicestate', query)).toMatchObject({
      status: 400,
      body: { error: { code: 'BAD_REQUEST', message: expect.stringContaining(message) as string } },
    });
  });

  it('keeps to itself why the table does not answer', async () => {
    const reply = await call('getdevicestate', 'hub=west&device=down');

    expect(reply).toMatchObject({ status: 503, body: { error: { code: 'AWAY' } } });
    expect(JSON.stringify(reply)).not.toContain('a1');
  });
});

describe('sendsignalrmessage', () => {
  it.each([
    [{ target: 'hello', arguments: [1, { a: 2 }] }, undefined],
    [{ target: 'hello', arguments: [], group: 'site:north' }, 'site:north'],
  ])('sends %j', async (body, group) => {
    expect(await call('sendsignalrmessage', '', body)).toEqual({ status: 202, body: {} });
    expect(told).toEqual([['send', JSON.stringify({ target: 'hello', arguments: body.arguments }), group]]);
  });

  it.each([
    [undefined, 'allowed is an object with the fields target, arguments, group'],
    [{ arguments: [] }, 'target is nothing'],
    [{ target: '', arguments: [] }, 'target is ""'],
    [{ target: 't', arguments: {} }, 'arguments is {}, allowed is a list'],
    [{ target: 't', arguments: [], group: ' ' }, 'group is " "'],
    [{ target: 't', arguments: [], to: 'all' }, 'to is "all"'],
  ])('refuses %j, and sends nothing', async (body, message) => {
    expect(await call('sendsignalrmessage', '', body)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining(message) as string } },
    });
    expect(told).toEqual([]);
  });

  it('says when it was not sent', async () => {
    down = true;

    expect(await call('sendsignalrmessage', '', { target: 't', arguments: [] })).toMatchObject({ status: 503 });
  });
});
