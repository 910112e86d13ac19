import { randomBytes } from 'node:crypto';

import { ManagedIdentityCredential } from '@azure/identity';
import { type HubConnection, HttpTransportType, HubConnectionBuilder, NullLogger } from '@microsoft/signalr';
import * as jwt from 'jsonwebtoken';

import { eventually } from '../../support/eventually';
import { assignRole, unassign } from '../../support/roles';
import {
  API,
  arm,
  call,
  clientOf,
  clientUrl,
  createService,
  credential,
  nextCall,
  serverless,
  type TestService,
} from '../../support/signalr';

const REST_API_OWNER = 'fd53cd77-2268-407a-8f46-7e7863d0f521';
const REST_API_READER = 'ddde6b66-c0df-4114-a159-3618637b3035';
const APP_SERVER = '420fcaa2-552c-430f-98ca-3264be4806c7';
const LATER = 'api-version=2022-11-01';

let service: TestService;
const clients: HubConnection[] = [];

async function connect(nameid?: string): Promise<HubConnection & { readonly id: string }> {
  const client = clientOf(service, nameid === undefined ? {} : { claims: { nameid } });
  clients.push(client);
  await client.start();
  return Object.assign(client, { id: client.connectionId ?? '' });
}
/** What each of them is called with, until a message for all ends it. */
async function callsOf(listening: readonly HubConnection[], act: () => Promise<unknown>): Promise<unknown[][]> {
  const calls = listening.map((): unknown[] => []);
  listening.forEach((client, at) => client.on('hello', (value) => calls[at]?.push(value)));
  const ended = listening.map((client) => nextCall(client, 'end'));
  await act();
  await hub('POST', '/:send', { target: 'end' });
  await Promise.all(ended);
  for (const client of listening) client.off('hello');
  return calls;
}
const hub = async (method: string, path: string, body?: unknown): Promise<number> => {
  const query = path.includes('?') ? '&' : '?';
  return (await call(service, method, `/api/hubs/telemetry${path}${query}${API}`, body)).status;
};
const v1 = async (method: string, path: string, body?: unknown): Promise<number> =>
  (await call(service, method, `/api/v1/hubs/telemetry${path}`, body)).status;
const hello = (value: unknown) => ({ target: 'hello', arguments: [value] });

beforeAll(async () => {
  service = await createService();
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.stop()));
});

it('sends to all but some, to a connection, a group and a user, in both forms of the API', async () => {
  const [a, b, c] = [await connect('ann'), await connect('ann'), await connect('bob')];
  await hub('PUT', `/groups/site:north/connections/${b.id}`);

  const calls = await callsOf([a, b, c], async () => {
    expect(await hub('POST', `/:send?excluded=${a.id}&excluded=${b.id}`, hello(1))).toBe(202);
    expect(await hub('POST', `/connections/${a.id}/:send`, hello(2))).toBe(202);
    expect(await hub('POST', '/groups/site%3Anorth/:send', hello(3))).toBe(202);
    expect(await hub('POST', '/users/ann/:send', hello(4))).toBe(202);
    expect(await v1('POST', `?excluded=${c.id}`, hello(5))).toBe(202);
    expect(await v1('POST', `/connections/${c.id}`, hello(6))).toBe(202);
    expect(await v1('POST', '/groups/site:north', hello(7))).toBe(202);
    expect(await v1('POST', '/users/bob', hello(8))).toBe(202);
    expect(await hub('POST', '/connections/nobody/:send', hello(9))).toBe(202);
    expect(await hub('POST', '/groups/SITE:NORTH/:send', hello(10))).toBe(202);
  });

  expect(calls).toEqual([
    [2, 4, 5],
    [3, 4, 5, 7],
    [1, 6, 8],
  ]);
});

it('knows who is in which group, also of users who come later, until their time there is over', async () => {
  const early = await connect('early');
  expect(await hub('PUT', '/users/early/groups/g')).toBe(200);
  expect(await v1('PUT', '/groups/g/users/late')).toBe(202);
  expect(await hub('PUT', '/users/now/groups/g?ttl=0')).toBe(200);
  const [late, now] = [await connect('late'), await connect('now')];

  const calls = await callsOf([early, late, now], () => hub('POST', '/groups/g/:send', hello('in')));
  expect(calls).toEqual([['in'], ['in'], []]);
  expect(await hub('HEAD', '/users/late/groups/g')).toBe(200);
  expect(await hub('HEAD', '/users/now/groups/g')).toBe(404);

  expect(await hub('DELETE', '/users/late/groups/g')).toBe(204);
  expect(await hub('DELETE', `/groups/g/connections/${early.id}`)).toBe(200);
  expect(await hub('DELETE', `/groups/g/connections/${early.id}`)).toBe(404);
  expect(await hub('HEAD', '/groups/g')).toBe(404);
  expect(await v1('GET', '/groups/g/users/early')).toBe(200); // the user is, whose connection was taken out
  expect(await hub('DELETE', '/users/early/groups')).toBe(204);
  expect(await v1('GET', '/groups/g/users/early')).toBe(404);
});

it('has no one in a group after the connection left all of them or ended', async () => {
  const [a, b] = [await connect(), await connect()];
  for (const { id } of [a, b]) expect(await hub('PUT', `/groups/g2/connections/${id}`)).toBe(200);
  expect(await hub('PUT', '/groups/g2/connections/nobody')).toBe(404);

  expect(await hub('DELETE', `/connections/${a.id}/groups`)).toBe(200);
  expect(await hub('HEAD', '/groups/g2')).toBe(200);
  await b.stop();

  await eventually(async () => expect(await hub('HEAD', '/groups/g2')).toBe(404));
  expect(await hub('HEAD', `/connections/${a.id}`)).toBe(200);
  expect(await hub('HEAD', `/connections/${b.id}`)).toBe(404);
});

it('closes a user, a group and all, but those who are excluded', async () => {
  const [a, b, c, d] = [await connect('u'), await connect(), await connect(), await connect()];
  await hub('PUT', `/groups/g3/connections/${b.id}`);
  const open = async () =>
    Promise.all([a, b, c, d].map(async ({ id }) => (await hub('HEAD', `/connections/${id}`)) === 200));

  expect(await hub('POST', '/users/u/:closeConnections')).toBe(204);
  expect(await open()).toEqual([false, true, true, true]);
  expect(await hub('POST', '/groups/g3/:closeConnections')).toBe(204);
  expect(await open()).toEqual([false, false, true, true]);
  expect(await hub('POST', `/:closeConnections?excluded=${d.id}`)).toBe(204);
  expect(await open()).toEqual([false, false, false, true]);
});

it.each([
  ['a hub that is none', 'POST', `/api/hubs/1st/:send?${API}`, hello(1), 400],
  ['a group without a name', 'POST', `/api/hubs/telemetry/groups/%20/:send?${API}`, hello(1), 400],
  ['no version', 'POST', '/api/hubs/telemetry/:send', hello(1), 400],
  ['a version without the operation', 'POST', `/api/hubs/telemetry/:generateToken?${API}`, undefined, 400],
  ['no target', 'POST', `/api/hubs/telemetry/:send?${API}`, { arguments: [] }, 400],
  ['arguments that are no list', 'POST', `/api/hubs/telemetry/:send?${API}`, { target: 't', arguments: {} }, 400],
  ['a time to live that is none', 'PUT', `/api/hubs/telemetry/users/u/groups/g?ttl=-1&${API}`, undefined, 400],
  ['more than 1 MB', 'POST', `/api/hubs/telemetry/:send?${API}`, hello('x'.repeat(1024 * 1024)), 413],
  ['what is not built', 'POST', '/api/hubs/telemetry/:execute?api-version=2024-12-01', [], 501],
  ['a server of its own', 'POST', '/server/negotiate?hub=telemetry', undefined, 501],
  ['what is not there', 'POST', '/api/hubs', undefined, 404],
])('refuses %s in words', async (_, method, path, body, status) => {
  const answer = await call(service, method, path, body);
  const text = await answer.text();

  expect(answer.status).toBe(status);
  expect(JSON.parse(text)).toMatchObject({
    code: answer.headers.get('x-ms-error-code'),
    message: expect.any(String) as string,
  });
});

it('tells that it is healthy to anybody, and nothing else', async () => {
  const head = (path: string) => fetch(`${service.endpoint}${path}`, { method: 'HEAD' });

  expect((await head(`/api/health?${API}`)).status).toBe(200);
  expect((await head('/api/v1/health')).status).toBe(200);
  expect((await head(`/api/hubs/telemetry/users/u?${API}`)).status).toBe(401);
  expect((await fetch('https://nobody-here.service.signalr.test/api/v1/health', { method: 'HEAD' })).status).toBe(404);
});

it('takes a token of the access key for its very address only', async () => {
  const send = (token: string) =>
    fetch(`${service.endpoint}/api/hubs/telemetry/:send?${API}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(hello(1)),
    });
  const tokenFor = (audience: string) => jwt.sign({}, service.key, { audience, expiresIn: 60 });

  expect((await send(tokenFor(`${service.endpoint}/api/hubs/telemetry/:send`))).status).toBe(202);
  expect((await send(tokenFor(`${service.endpoint}/api/hubs/other/:send`))).status).toBe(401);
  expect((await send(tokenFor(clientUrl(service)))).status).toBe(401);
});

describe('with Entra ID alone', () => {
  let own: TestService;
  let identity: { readonly credential: ManagedIdentityCredential; readonly principalId: string };
  beforeAll(async () => {
    own = await createService(serverless({ disableLocalAuth: true }));
    const path = `${own.id.split('/providers/')[0] ?? ''}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/`;
    const { body } = await arm('PUT', `${path}id-${randomBytes(4).toString('hex')}`, { location: 'westeurope' });
    const { principalId, clientId } = body['properties'] as { principalId: string; clientId: string };
    identity = { principalId, credential: new ManagedIdentityCredential({ clientId }) };
  });
  const ask = async (method: string, path: string, body?: object, scope = 'https://signalr.azure.com/.default') => {
    const { token } = await identity.credential.getToken(scope);
    return fetch(`${own.endpoint}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  };
  const SEND = `/api/hubs/telemetry/:send?${API}`;
  const TOKEN = `/api/hubs/telemetry/:generateToken?userId=ann&minutesToExpire=5&${LATER}`;
  const KEY = '/api/v1/auth/accessKey';
  const with_ = async (role: string, act: () => Promise<unknown>): Promise<void> => {
    const assigned = await assignRole(credential, own.id, role, identity.principalId);
    await act();
    await unassign(credential, assigned);
  };
  const statuses = async () => [
    (await ask('POST', SEND, hello(1))).status,
    (await ask('HEAD', `/api/hubs/telemetry/users/u?${API}`)).status,
    (await ask('POST', TOKEN)).status,
    (await ask('GET', KEY)).status,
  ];

  it('lets each do what its role says, and nobody with a token for another service', async () => {
    expect(await statuses()).toEqual([403, 403, 403, 403]);
    await with_(REST_API_READER, async () => expect(await statuses()).toEqual([403, 404, 403, 403]));
    await with_(APP_SERVER, async () => expect(await statuses()).toEqual([403, 403, 403, 200]));
    await with_(REST_API_OWNER, async () => {
      expect(await statuses()).toEqual([202, 404, 200, 403]);
      expect((await ask('POST', SEND, hello(1), 'https://storage.azure.com/.default')).status).toBe(401);
    });
    expect((await call({ ...own, key: service.key }, 'POST', SEND, hello(1))).status).toBe(401);
  });

  it.each([
    ['that the service made', async () => ((await (await ask('POST', TOKEN)).json()) as { token: string }).token],
    [
      'that a key which the service gave out has signed',
      async () => {
        const { AccessKey, KeyId } = (await (await ask('GET', KEY)).json()) as Record<string, string>;
        const options = { audience: clientUrl(own), expiresIn: 60, keyid: KeyId ?? '' };
        return jwt.sign({ 'asrs.s.uid': 'ann' }, AccessKey ?? '', options);
      },
    ],
  ])('opens its clients to a token %s', async (_, tokenOf) => {
    const roles = [REST_API_OWNER, APP_SERVER].map((role) =>
      assignRole(credential, own.id, role, identity.principalId),
    );
    const assigned = await Promise.all(roles);
    const token = await tokenOf();
    const client = new HubConnectionBuilder()
      .withUrl(clientUrl(own), { transport: HttpTransportType.WebSockets, accessTokenFactory: () => token })
      .configureLogging(NullLogger.instance)
      .build();
    clients.push(client);
    await client.start();
    const next = nextCall(client, 'hello');

    expect((await ask('POST', `/api/hubs/telemetry/users/ann/:send?${API}`, hello('ann'))).status).toBe(202);

    expect(await next).toEqual(['ann']);
    await Promise.all(assigned.map((each) => unassign(credential, each)));
  });

  it('is closed to them where Entra ID is switched off, too', async () => {
    const assigned = await assignRole(credential, own.id, REST_API_OWNER, identity.principalId);
    const { token } = (await (await ask('POST', TOKEN)).json()) as { token: string };
    const enter = () =>
      fetch(`${own.endpoint}/client/negotiate?hub=telemetry&negotiateVersion=1`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
    expect((await enter()).status).toBe(200);

    await arm('PATCH', own.id, { properties: { disableAadAuth: true } });

    expect((await ask('POST', SEND, hello(1))).status).toBe(401);
    expect((await enter()).status).toBe(401);
    await unassign(credential, assigned);
  });
});

it('is made as it is declared, and refused by name where it is not built', async () => {
  const put = (properties: object, rest: object = {}) => arm('PUT', service.id, { ...serverless(properties), ...rest });

  expect(await put({ upstream: { templates: [{ urlTemplate: 'https://x.test' }] } })).toMatchObject({ status: 501 });
  expect(await put({}, { sku: { name: 'Free_F1', capacity: 2 } })).toMatchObject({ status: 400 });
  expect(await put({ features: [{ flag: 'ServiceMode', value: 'Server' }] })).toMatchObject({ status: 400 });
  expect(await arm('PUT', `${service.id}-`, serverless())).toMatchObject({ status: 400 });
  const read = await arm('GET', service.id);
  expect(read.headers.get('x-iothub-emulator')).toBeNull();
  expect(read.body).toMatchObject({
    sku: { name: 'Standard_S1', tier: 'Standard', capacity: 1 },
    properties: { provisioningState: 'Succeeded', features: [{ flag: 'ServiceMode', value: 'Serverless' }] },
  });
  expect(JSON.stringify(read.body)).not.toContain(service.key);
});
