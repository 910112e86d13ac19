import { once } from 'node:events';
import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import fc from 'fast-check';
import { casesOf, inLanes, mutatedText, sameToken } from '../../support/fuzz';
import type { Answer } from '../../support/fuzz-http';
import { OwnEmulator, sasOf } from '../../support/own-emulator';
import { oddBodies, oddSegments } from '../../support/shapes';

const WIDTH = 16;
const KEY = Buffer.alloc(32, 7).toString('base64');
const ARM = 'management.azure.test';
const DPS = 'depot.azure-devices-provisioning.test';
const DEVICES = 'global.azure-devices-provisioning.test';
/** Not built: said by name. */
const DELIBERATE = [501];

let emulator: OwnEmulator;
let owner: () => string;
let bearer: string;

type Headers = Readonly<Record<string, string>>;
type Body = Parameters<typeof oddBodies>[0];

beforeAll(async () => {
  emulator = await OwnEmulator.start('--admin', '--dps', 'depot');
  const line = await emulator.command('connection-string', '--dps', 'depot');
  const key = /SharedAccessKey=(.*)$/m.exec(line)?.[1] ?? '';
  owner = () => sasOf(DPS, key, { skn: 'provisioningserviceowner' });
  bearer = await managementToken();
});
afterAll(() => emulator.stop());

/** Good callers are served, no object has grown members, and nothing was complained of. */
afterEach(async () => {
  const query = JSON.stringify({ query: 'SELECT * FROM enrollments' });
  const found = await ask(DPS, 'POST', `/enrollments/query?${DPS_VERSION}`, service(), query);
  expect(found).toMatchObject({ status: 200 });
  const { status, body } = await ask(ARM, 'GET', hubs(), arm());
  expect(status).toBe(200);
  expect(JSON.stringify(body)).not.toContain('polluted');
  expect(emulator.stderr).toBe('');
  expect(emulator.isAlive).toBe(true);
});

const DPS_VERSION = 'api-version=2021-10-01';
const service = (): Headers => ({ authorization: owner(), 'content-type': 'application/json' });
const arm = (): Headers => ({ authorization: `Bearer ${bearer}`, 'content-type': 'application/json' });
const group = (): string => `/subscriptions/${emulator.subscriptionId}/resourceGroups/local`;
const hubs = (): string => `${group()}/providers/Microsoft.Devices/IotHubs?api-version=2023-06-30`;

/** A token of the managed identity, as every Azure SDK asks for it. */
async function managementToken(): Promise<string> {
  const variables = JSON.parse(await emulator.command('env', '--json')) as Record<string, string>;
  const url = `${variables['IDENTITY_ENDPOINT']}?resource=https://${ARM}/&api-version=2019-08-01`;
  const answer = await fetch(url, { headers: { 'x-identity-header': variables['IDENTITY_HEADER'] ?? '' } });
  return ((await answer.json()) as { access_token: string }).access_token;
}

async function ask(host: string, method: string, path: string, headers: Headers, text = ''): Promise<Answer> {
  const { agent } = emulator; // leads to one port, whatever the host
  const lengthened = { ...headers, host, 'content-length': Buffer.byteLength(text) };
  const call = request({ agent, host, method, path, headers: lengthened });
  call.end(text);
  const [response] = (await once(call, 'response')) as [IncomingMessage];
  return answerOf(response);
}

async function answerOf(response: IncomingMessage): Promise<Answer> {
  const text = Buffer.concat((await response.toArray()) as Buffer[]).toString();
  const headers = response.headers as Answer['headers'];
  return { status: response.statusCode ?? 0, headers, body: text === '' ? '' : (JSON.parse(text) as unknown) };
}

/** An answer of the service's, and a refusal in its own form. */
function expectServed(what: string, { status, headers, body }: Answer, refusal: object, header?: string): void {
  const isFine = (status >= 200 && status < 500) || DELIBERATE.includes(status);
  expect([what, isFine ? 'served' : status]).toEqual([what, 'served']);
  if (status < 300 || (body as { isSuccessful?: unknown }).isSuccessful === false) return;
  expect([what, body]).toEqual([what, expect.objectContaining(refusal)]);
  if (header !== undefined) expect([what, headers[header]]).toEqual([what, expect.stringMatching(/^\d{6}$/)]);
}

const DPS_REFUSAL = { errorCode: expect.any(Number) as number, message: expect.any(String) as string };
const ARM_REFUSAL = { code: expect.any(String) as string, message: expect.any(String) as string };

/** Microsoft.Devices says its errors without the `error` around them that others have (arm-iothub, ErrorDetails). */
const unwrapped = (answer: Answer): Answer => {
  const { error } = answer.body as { error?: unknown };
  return error === undefined ? answer : { ...answer, body: error };
};

const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey: KEY, secondaryKey: KEY } };
const enrollment = {
  ...{ registrationId: 'd1', attestation, provisioningStatus: 'enabled', allocationPolicy: 'hashed' },
  initialTwin: { tags: { a: { b: 1 } }, properties: { desired: { c: [1] } } },
  reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
  iotHubs: ['fuzz.azure-devices.test'],
};
const webhook = { webhookUrl: 'http://127.0.0.1:1/', apiVersion: '2021-10-01' };

const DPS_OPERATIONS: readonly (readonly [method: string, path: string, body: Body])[] = [
  ['PUT', '/enrollments/d1', enrollment],
  ['PUT', '/enrollments/d2', { ...enrollment, registrationId: 'd2', customAllocationDefinition: webhook }],
  ['PUT', '/enrollmentGroups/g1', { enrollmentGroupId: 'g1', attestation }],
  ['POST', '/enrollments', { mode: 'create', enrollments: [{ registrationId: 'd3', attestation }] }],
  ['POST', '/enrollments/query', { query: 'SELECT * FROM enrollments' }],
  ['POST', '/enrollmentGroups/query', { query: 'SELECT * FROM enrollmentGroups' }],
];

it.each(DPS_OPERATIONS)('provisioning answers %s %s with any odd field in its own words', async (verb, path, body) => {
  await inLanes(oddBodies(body), WIDTH, async (text) => {
    const answer = await ask(DPS, verb, `${path}?${DPS_VERSION}`, { ...service(), 'if-match': '*' }, text);
    expectServed(`${verb} ${path} ${text.slice(0, 300)}`, answer, DPS_REFUSAL, 'x-ms-error-code');
  });
});

it('provisioning answers any odd field of a device in its own words', async () => {
  const scope = emulator.idScopeOf('depot');
  const path = `/${scope}/registrations/good/register?api-version=2021-06-01`;
  const plain = { registrationId: 'good', attestation };
  expect((await ask(DPS, 'PUT', `/enrollments/good?${DPS_VERSION}`, service(), JSON.stringify(plain))).status).toBe(
    200,
  );
  const authorization = sasOf(`${scope}/registrations/good`, KEY, { skn: 'registration' });

  await inLanes(oddBodies({ registrationId: 'good', payload: { a: 1 } }), WIDTH, async (text) => {
    const answer = await ask(DEVICES, 'PUT', path, { authorization, 'content-type': 'application/json' }, text);
    expectServed(text.slice(0, 300), answer, DPS_REFUSAL, 'x-ms-error-code');
  });
});

it('provisioning answers any path', async () => {
  const shapes = ['/enrollments/X', '/enrollmentGroups/X', '/registrations/X', '/X/registrations/X/register', '/X'];
  const verbs = fc.constantFrom('GET', 'PUT', 'POST', 'DELETE');
  const cases = casesOf(fc.tuple(fc.constantFrom(...shapes), oddSegments, verbs), 200);

  await inLanes(cases, WIDTH, async ([shape, odd, verb]) => {
    const path = `${shape.replaceAll('X', () => odd)}?${DPS_VERSION}`;
    const answer = await ask(DPS, verb, path, service(), verb === 'GET' ? '' : '{}');
    expectServed(`${verb} ${path}`, answer, DPS_REFUSAL, 'x-ms-error-code');
  });
});

it('provisioning lets no token in that was tampered with', async () => {
  const good = owner();
  const cases = casesOf(mutatedText([good]), 200).filter(
    (each) => /^[\x20-\x7e]+$/.test(each) && !sameToken(each, good),
  );

  await inLanes(cases, WIDTH, async (authorization) => {
    const { status } = await ask(DPS, 'GET', `/enrollments/d1?${DPS_VERSION}`, { authorization });
    expect([authorization, status]).toEqual([authorization, 401]);
  });
});

const ROUTING = {
  ...{ name: 'r', source: 'DeviceMessages', endpointNames: ['events'], isEnabled: true, condition: "a = 'b'" },
};
const HUB = {
  location: 'westeurope',
  sku: { name: 'S1', capacity: 1 },
  tags: { a: 'b' },
  properties: {
    eventHubEndpoints: { events: { retentionTimeInDays: 1, partitionCount: 4 } },
    cloudToDevice: { maxDeliveryCount: 10, defaultTtlAsIso8601: 'PT1H' },
    routing: { routes: [ROUTING] },
  },
};

const ARM_OPERATIONS: readonly (readonly [path: string, body: Body])[] = [
  ['/providers/Microsoft.Devices/IotHubs/fuzz', HUB],
  [
    '/providers/Microsoft.Devices/provisioningServices/depot',
    {
      location: 'westeurope',
      sku: { name: 'S1', capacity: 1 },
      properties: { iotHubs: [], allocationPolicy: 'Hashed' },
    },
  ],
  [
    '/providers/Microsoft.Devices/IotHubs/fuzz/eventHubEndpoints/events/ConsumerGroups/g',
    { properties: { name: 'g' } },
  ],
  [
    '/providers/Microsoft.Authorization/roleAssignments/00000000-0000-0000-0000-000000000001',
    { properties: { roleDefinitionId: '/x', principalId: '00000000-0000-0000-0000-000000000002' } },
  ],
  ['/providers/Microsoft.ManagedIdentity/userAssignedIdentities/i', { location: 'westeurope', tags: {} }],
];

it.each(ARM_OPERATIONS)(
  'the Resource Manager answers a PUT of %s with any odd field in its own words',
  async (path, body) => {
    const url = `${group()}${path}?api-version=2023-06-30`;

    await inLanes(oddBodies(body), WIDTH, async (text) => {
      expectServed(text.slice(0, 300), unwrapped(await ask(ARM, 'PUT', url, arm(), text)), ARM_REFUSAL);
    });
  },
);

it('the Resource Manager answers any path', async () => {
  const root = '/subscriptions/X/resourceGroups/X';
  const shapes = [root, `${root}/providers/X/X/X`, `${root}/providers/Microsoft.Devices/IotHubs/X/X/X`, '/X', '/X/X/X'];
  const verbs = fc.constantFrom('GET', 'PUT', 'PATCH', 'POST', 'DELETE');
  const cases = casesOf(fc.tuple(fc.constantFrom(...shapes), oddSegments, verbs), 200);

  await inLanes(cases, WIDTH, async ([shape, odd, verb]) => {
    const path = `${shape.replaceAll('X', () => odd)}?api-version=2023-06-30`;
    const answer = await ask(ARM, verb, path, arm(), verb === 'GET' ? '' : '{}');
    expectServed(`${verb} ${path}`, unwrapped(answer), ARM_REFUSAL);
  });
});

it('the Resource Manager lets no token in that was tampered with', async () => {
  const payload = bearer.lastIndexOf('.') - 1; // the last character of a signature may have bits that say nothing
  const cases = casesOf(fc.tuple(fc.nat({ max: payload }), fc.constantFrom('A', 'b', '9', '.', ' ')), 150).filter(
    ([at, character]) => bearer[at] !== character,
  );

  await inLanes(cases, WIDTH, async ([at, character]) => {
    const token = bearer.slice(0, at) + character + bearer.slice(at + 1);
    const { status } = await ask(ARM, 'GET', hubs(), { authorization: `Bearer ${token}` });
    expect([token, status]).toEqual([token, 401]);
  });
});

it('the admin API answers any body and any path, and nobody without its secret', async () => {
  const { endpoint, secret } = emulator.adminAccess;
  const call = async (
    method: string,
    path: string,
    text: string,
    authorization = `Bearer ${secret}`,
  ): Promise<Answer> => {
    const headers = { authorization, 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const sent = plainRequest(endpoint + path, { method, headers });
    sent.end(text);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return answerOf(response);
  };
  const refusal = { error: expect.any(String) as string };
  const rule = { operation: 'twins.get', hub: 'h', rate: 1, seed: 1, times: 1, fault: { kind: 'delay', ms: 5 } };
  const bodies = [
    ...oddBodies(rule).map((text) => ['POST', '/faults', text] as const),
    ...oddBodies({ hostName: 'h', ms: 5 }).map((text) => ['PUT', '/dps/depot/latencies', text] as const),
    ...oddBodies({ operations: 5, polls: 1 }).map((text) => ['PUT', '/dps/nowhere/limits', text] as const),
    ...oddBodies({ ms: 5 }).map((text) => ['POST', '/clock/advance', text] as const),
    ...['{"speed":0}', '{"now":"yesterday"}', '{', ''].map((text) => ['PUT', '/clock', text] as const),
  ];
  const paths = casesOf(fc.tuple(fc.constantFrom('/snapshots/', '/faults/', '/journal?after=', '/'), oddSegments), 100);

  await inLanes(bodies, WIDTH, async ([method, path, text]) => {
    expectServed(`${path} ${text.slice(0, 300)}`, await call(method, path, text), refusal);
  });
  await inLanes(paths, WIDTH, async ([path, odd]) => {
    expectServed(path + odd, await call('DELETE', path + odd, ''), refusal);
  });
  for (const authorization of ['', 'Bearer', `Bearer ${secret}x`, `bearer ${secret}`, `Basic ${secret}`]) {
    expect((await call('GET', '/clock', '', authorization)).status).toBe(401);
  }
  await emulator.admin.removeFaults();
});

/** Each slash of a path in turn as two, then all of them. */
const doubled = (path: string): string[] => [
  ...[...path.matchAll(/\//g)].map(({ index }) => `${path.slice(0, index)}/${path.slice(index)}`),
  path.replaceAll('/', '//'),
];

it('hubs and provisioning refuse doubled slashes, the Resource Manager reads past them, and nobody gets by with them', async () => {
  const scope = emulator.idScopeOf('depot');
  const hub = { authorization: emulator.ownerToken() };
  const unknown = { Message: expect.stringContaining('GenericNotFound') as string };
  const listed = { value: [expect.objectContaining({ name: emulator.hostName.split('.')[0] })] };
  const cases = [
    [emulator.hostName, '/devices', hub, [404, 401], unknown],
    [emulator.hostName, '/jobs/v2/query', hub, [404, 401], unknown],
    [DPS, '/enrollments/d', service(), [404, 404], { errorCode: 404000 }],
    [DEVICES, `/${scope}/registrations/d/operations/x`, service(), [404, 404], { errorCode: 404000 }],
    [ARM, `${group()}/providers/Microsoft.Devices/IotHubs`, arm(), [200, 401], listed],
  ] as const;
  for (const [host, plain, headers, [status, unsigned], body] of cases) {
    for (const path of doubled(plain)) {
      const versioned = `${path}?api-version=2021-06-01`;
      expect([path, await ask(host, 'GET', versioned, headers)]).toMatchObject([path, { status, body }]);
      expect([path, await ask(host, 'GET', versioned, {})]).toMatchObject([path, { status: unsigned }]);
    }
  }
});
