import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import fc from 'fast-check';
import { casesOf, closes, inLanes, mutated, mutatedText, sameToken, SOON_MS } from '../../support/fuzz';
import { answerOf, exchange, rest, type Answer } from '../../support/fuzz-http';
import { expectNoLeak, GROWTH_BYTES } from '../../support/leaks';
import { OwnEmulator, sasOf } from '../../support/own-emulator';
import { oddBodies, oddSegments } from '../../support/shapes';

/** A reading that doubles with each parenthesis takes longer than this, by far. */
const AGES_MS = 120_000;
const WIDTH = 16;
const VERSION = 'api-version=2021-04-12';
/** Of the emulator's own making: not built, and no answer from a device. */
const DELIBERATE = [501, 504];

let emulator: OwnEmulator;

beforeAll(async () => {
  emulator = await OwnEmulator.start();
  for (const id of ['good', 'd1']) {
    expect(await rest(emulator, 'PUT', `/devices/${id}`, { deviceId: id })).toMatchObject({ status: 200 });
  }
  expect(await rest(emulator, 'PUT', '/devices/d1/modules/m1', { deviceId: 'd1', moduleId: 'm1' })).toMatchObject({
    status: 200,
  });
});
afterAll(() => emulator.stop());

/** A good caller is served, no object has grown members, and nothing was complained of. */
afterEach(async () => {
  const { status, body } = await rest(emulator, 'GET', '/devices/good');
  expect(status).toBe(200);
  expect(JSON.stringify(body)).not.toContain('polluted');
  expect(emulator.stderr).toBe('');
  expect(emulator.isAlive).toBe(true);
});

/** Not a failure of the emulator: an answer of the service's, and a refusal in its own form. */
function expectServed(what: string, { status, headers, body }: Answer): void {
  const isFine = (status >= 200 && status < 500) || DELIBERATE.includes(status);
  expect([what, isFine ? 'served' : status]).toEqual([what, 'served']);
  if (status < 300 || (body as { isSuccessful?: unknown }).isSuccessful === false) return; // a bulk says it of each item
  expect([what, headers['iothub-errorcode']]).toEqual([what, expect.stringMatching(/^[A-Z][A-Za-z]+$/)]);
  expect([what, body]).toEqual([what, expect.objectContaining({ Message: expect.any(String) as string })]);
}

const pair = {
  primaryKey: Buffer.alloc(32, 1).toString('base64'),
  secondaryKey: Buffer.alloc(32, 2).toString('base64'),
};
const authentication = {
  type: 'sas',
  symmetricKey: pair,
  x509Thumbprint: { primaryThumbprint: 'A', secondaryThumbprint: '' },
};
const device = {
  deviceId: 'd1',
  status: 'enabled',
  statusReason: 'x',
  authentication,
  capabilities: { iotEdge: false },
  deviceScope: 's',
};
const twin = { tags: { a: { b: 1 } }, properties: { desired: { c: [1, { d: null }] } } };
const method = { methodName: 'reboot', payload: { a: 1 }, responseTimeoutInSeconds: 5, connectTimeoutInSeconds: 0 };
const window = { startTime: '2999-01-01T00:00:00Z', maxExecutionTimeInSeconds: 60, queryCondition: "deviceId = 'd1'" };

/** Operations with a good body each. */
const OPERATIONS: readonly (readonly [method: string, path: string, body: Parameters<typeof oddBodies>[0]])[] = [
  ['PUT', '/devices/d1', device],
  ['PUT', '/devices/d1/modules/m1', { ...device, moduleId: 'm1', managedBy: 'x' }],
  [
    'POST',
    '/devices',
    [{ id: 'd1', moduleId: '', importMode: 'createOrUpdate', eTag: 'x', status: 'enabled', authentication, ...twin }],
  ],
  ['PATCH', '/twins/d1', twin],
  ['PUT', '/twins/d1', twin],
  ['PATCH', '/twins/d1/modules/m1', twin],
  ['POST', '/twins/d1/methods', method],
  ['POST', '/devices/query', { query: 'SELECT * FROM devices' }],
  ['PUT', '/jobs/v2/j1', { type: 'scheduleUpdateTwin', updateTwin: { etag: '*', ...twin }, ...window }],
  ['PUT', '/jobs/v2/j2', { type: 'scheduleDeviceMethod', cloudToDeviceMethod: method, ...window }],
  ['POST', '/jobs/create', { type: 'export', outputBlobContainerUri: 'https://x', excludeKeysInExport: true }],
  [
    'PUT',
    '/configurations/c1',
    {
      id: 'c1',
      content: { deviceContent: { 'properties.desired.x': 1 } },
      targetCondition: '*',
      priority: 1,
      metrics: { queries: { q: 'SELECT deviceId FROM devices' } },
    },
  ],
  [
    'POST',
    '/configurations/testQueries',
    { targetCondition: '*', customMetricQueries: { q: 'SELECT deviceId FROM devices' } },
  ],
  ['POST', '/devices/d1/applyConfigurationContent', { modulesContent: {} }],
  ['POST', '/devices/d1/files', { blobName: 'b' }],
  [
    'POST',
    '/devices/d1/files/notifications',
    { correlationId: 'x', isSuccess: true, statusCode: 200, statusDescription: 'x' },
  ],
];

it.each(OPERATIONS)(
  '%s %s answers any field that is not what it should be in the service’s own words',
  async (verb, path, body) => {
    // A later If-Match makes updates of creations; both are asked for in turn.
    const cases = oddBodies(body).map((text, i): { text: string; headers: Record<string, string> } => ({
      text,
      headers: i % 2 === 0 ? { 'if-match': '"*"' } : {},
    }));

    await inLanes(cases, WIDTH, async ({ text, headers }) => {
      expectServed(`${verb} ${path} ${text.slice(0, 300)}`, await rest(emulator, verb, path, text, headers));
    });
  },
);

it('answers any path and any parameter', async () => {
  const shapes = [
    '/devices/X',
    '/twins/X',
    '/twins/X/methods',
    '/devices/X/modules/X',
    '/jobs/v2/X',
    '/jobs/v2/X/cancel',
    '/X',
    '/configurations/X',
  ];
  const segment = fc.tuple(
    fc.constantFrom(...shapes),
    oddSegments,
    fc.constantFrom('GET', 'PUT', 'PATCH', 'POST', 'DELETE'),
  );
  const query = fc.tuple(
    fc.constantFrom(
      '/devices?top=',
      '/jobs/v2/query?pageSize=',
      '/jobs/v2/query?jobType=',
      '/jobs/v2/query?continuationToken=',
    ),
    fc.oneof(oddSegments, fc.integer().map(String), fc.double().map(String)),
    fc.constant('GET'),
  );

  await inLanes(casesOf(fc.oneof(segment, query), 300), WIDTH, async ([shape, odd, verb]) => {
    const path = shape.includes('?') ? shape + odd : shape.replaceAll('X', () => odd);
    const answer = await rest(emulator, verb, path, verb === 'GET' || verb === 'DELETE' ? undefined : {});
    expectServed(`${verb} ${path}`, answer);
  });
});

it('lets no token in that was tampered with', async () => {
  const good = emulator.ownerToken();
  expect(await rest(emulator, 'GET', '/devices/good', undefined, { authorization: good })).toMatchObject({
    status: 200,
  });
  const cases = casesOf(mutatedText([good]), 400, 1).filter(
    (each) => /^[\x20-\x7e]+$/.test(each) && !sameToken(each, good),
  );

  await inLanes(cases, WIDTH, async (authorization) => {
    const { status } = await rest(emulator, 'GET', '/devices/good', undefined, { authorization });
    expect([authorization, status]).toEqual([authorization, 401]);
  });
});

it('lets in no token by another key, for another resource, of another time, or of another kind', async () => {
  const { hostName, policyKey } = emulator;
  const skn = 'iothubowner';
  const wrong = [
    ...[
      '',
      'Bearer',
      'Bearer x.y.z',
      'Bearer eyJhbGciOiJub25lIn0.eyJhdWQiOiJodHRwczovL2lvdGh1YnMuYXp1cmUubmV0In0.',
      'Basic YTpi',
    ],
    ...[
      sasOf(hostName, policyKey),
      sasOf(hostName, '', { skn }),
      sasOf(hostName, 'AAAA', { skn }),
      sasOf('', policyKey, { skn }),
    ],
    ...[sasOf(hostName, policyKey, { skn: 'service' }), sasOf(hostName, policyKey, { skn: '__proto__' })],
    ...[
      sasOf(`${hostName}.evil`, policyKey, { skn }),
      sasOf(`x${hostName}`, policyKey, { skn }),
      sasOf('azure-devices.test', policyKey, { skn }),
    ],
    ...[
      sasOf(hostName, policyKey, { skn, se: 1 }),
      sasOf(hostName, policyKey, { skn, se: Math.floor(Date.now() / 1000) }),
    ],
    ...[sasOf(`${hostName}/devices/other`, policyKey, { skn }), sasOf(`${hostName}/device`, policyKey, { skn })],
  ];

  for (const authorization of wrong) {
    const { status } = await rest(emulator, 'GET', '/devices/good', undefined, { authorization });
    expect([authorization, status]).toEqual([authorization, 401]);
  }
});

const QUERIES = [
  "SELECT * FROM devices WHERE tags.a = 'x' AND (properties.reported.b > 3 OR NOT is_defined(tags.c))",
  'SELECT TOP 5 deviceId AS id, tags.[[a b]].c FROM devices WHERE deviceId IN ["a", "b", 0x1F] AND tags.d NIN [1, null, true]',
  'SELECT tags.a, count() AS n, avg(properties.reported.t) AS t FROM devices GROUP BY tags.a',
  "SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'j' AND devices.jobs.status = 'failed'",
  "SELECT * FROM devices.modules WHERE STARTSWITH(moduleId, 'm') AND 1 + 2 * 3 / 4 % 5 - 6 <> 7",
];

it('reads any query in a moment, or says where it is wrong', async () => {
  const monsters = [
    ...[
      `${'('.repeat(100)}1=1${')'.repeat(100)}`,
      '(',
      `${'NOT '.repeat(99)}true`,
      `${'['.repeat(99)}${']'.repeat(99)}=1`,
    ],
    ...[
      `a IN [${'1,'.repeat(3900)}1]`,
      `${'a=1 OR '.repeat(1000)}a=1`,
      `${'a+'.repeat(4000)}a=1`,
      'a'.repeat(8100),
      `a=${'9'.repeat(8000)}`,
    ],
    ...[
      `a${'.b'.repeat(3900)}=1`,
      `a='${'\\u0041'.repeat(1300)}'`,
      `a = 1e99999`,
      `tags.__proto__ = 1`,
      `constructor.name = 'Object'`,
    ],
    ...[`${'is_defined('.repeat(90)}a${')'.repeat(90)}`, 'x'.repeat(20_000), '(((a IN [(', `${'-'.repeat(4000)}1=1`],
  ].map((condition) => `SELECT * FROM devices WHERE ${condition}`);
  const cases = [...monsters, ...casesOf(mutatedText(QUERIES), 400)];

  await inLanes(cases, WIDTH, async (query) => {
    expectServed(query.slice(0, 300), await rest(emulator, 'POST', '/devices/query', { query }));
  });
  const startedAt = Date.now();
  for (const query of monsters) await rest(emulator, 'POST', '/devices/query', { query });
  expect(Date.now() - startedAt).toBeLessThan(AGES_MS); // together
});

it('takes no continuation token that it has not given', async () => {
  const query = { query: 'SELECT * FROM devices' };
  const { headers } = await rest(emulator, 'POST', '/devices/query', query, { 'x-ms-max-item-count': '1' });
  const given = headers['x-ms-continuation'] ?? '';
  expect(given).not.toBe('');
  const forged = [
    { position: 1e308 },
    { position: -1 },
    { position: '1' },
    { taken: 1e308 },
    { of: null },
    [],
    null,
  ].map((each) => Buffer.from(JSON.stringify(each)).toString('base64url'));
  const cases = casesOf(mutatedText([given]), 120).filter((each) => /^[\x21-\x7e]+$/.test(each));

  await inLanes([...forged, ...cases, 'x'.repeat(9000)], WIDTH, async (token) => {
    expectServed(token, await rest(emulator, 'POST', '/devices/query', query, { 'x-ms-continuation': token }));
  });
});

/** Requests as raw text. `victim` must outlive them all. */
const head = (line: string, ...headers: string[]): string =>
  [line, `Host: ${emulator.hostName}`, `Authorization: ${emulator.ownerToken()}`, ...headers, '', ''].join('\r\n');
const SMUGGLED = (): string => head(`DELETE /devices/victim?${VERSION} HTTP/1.1`, 'If-Match: *', 'Content-Length: 0');

it('finds no second request where another reader would see a body', async () => {
  await rest(emulator, 'PUT', '/devices/victim', { deviceId: 'victim' });
  const post = `POST /devices/query?${VERSION} HTTP/1.1`;
  const hidden = SMUGGLED();
  const size = `Content-Length: ${hidden.length}`;
  const chunked = 'Transfer-Encoding: chunked';
  const ambiguous = [
    head(post, size, chunked) + `0\r\n\r\n${hidden}`,
    head(post, chunked, size) + `0\r\n\r\n${hidden}`,
    head(post, 'Content-Length: 0', size) + hidden,
    head(post, size, 'Content-Length: 0') + hidden,
    head(post, `Content-Length: +${hidden.length}`) + hidden,
    head(post, `Content-Length: ${hidden.length}, 0`) + hidden,
    head(post, `Content-Length : ${hidden.length}`) + hidden,
    head(post, 'Transfer-Encoding: xchunked') + `0\r\n\r\n${hidden}`,
    head(post, 'Transfer-Encoding : chunked') + `0\r\n\r\n${hidden}`,
    head(post, 'Transfer-Encoding: chunked, identity') + `0\r\n\r\n${hidden}`,
    head(post, 'Transfer-Encoding:\x0bchunked') + `0\r\n\r\n${hidden}`,
    head(post, chunked) + `0;\n\r\n${hidden.length.toString(16)}\r\n${hidden}`,
    head(post, chunked) + `-1\r\n${hidden}`,
    head(post, chunked) + `ffffffffffffffff\r\n${hidden}`,
    head(post, 'X: y\nContent-Length: 0') + hidden,
  ];

  for (const bytes of ambiguous) await exchange(emulator, Buffer.from(bytes, 'latin1'), 500);

  expect(await rest(emulator, 'GET', '/devices/victim')).toMatchObject({ status: 200 });
});

it('takes whatever a connection sends', async () => {
  const put =
    head(`PUT /devices/d1?${VERSION} HTTP/1.1`, 'Content-Type: application/json', 'Content-Length: 17') +
    '{"deviceId":"d1"}';
  const goods = [
    put,
    head(`GET /devices?${VERSION} HTTP/1.1`, 'Connection: close'),
    head(
      'GET /$iothub/websocket HTTP/1.1',
      'Upgrade: websocket',
      'Connection: Upgrade',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Protocol: mqtt',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ),
  ];
  const fixed = [
    ...[
      'GET',
      'GET / HTTP/9.9\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    ],
    ...[
      `GET http://evil/ HTTP/1.1\r\nHost: ${emulator.hostName}\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`,
      'GET / HTTP/1.1\r\nHost: \r\n\r\n',
    ],
    ...[
      head(`GET /${'x'.repeat(100_000)} HTTP/1.1`),
      head('GET / HTTP/1.1', `X: ${'y'.repeat(100_000)}`),
      head('GET / HTTP/1.1', ...Array.from({ length: 3000 }, (_, i) => `H${i}: 1`)),
    ],
    ...[
      head(`PUT /devices/d1?${VERSION} HTTP/1.1`, 'Expect: 100-continue', 'Content-Length: 5'),
      head(`PUT /devices/d1?${VERSION} HTTP/1.1`, 'Expect: nonsense', 'Content-Length: 0'),
    ],
  ];
  const cases = [
    ...fixed.map((text) => Buffer.from(text)),
    ...casesOf(mutated(goods.map((text) => Buffer.from(text))), 150),
  ];
  const burst = (): Promise<void> =>
    inLanes(cases, WIDTH, async (bytes) => {
      const socket = await emulator.dial(443);
      socket.setEncoding('latin1');
      const chunks: string[] = [];
      socket.on('data', (chunk: string) => chunks.push(chunk));
      socket.write(bytes);
      await closes(socket, 25);
      socket.destroy();
      const { status } = answerOf(chunks.join(''));
      expect([
        bytes.toString('latin1').slice(0, 200),
        status < 500 || DELIBERATE.includes(status) || status === 505,
      ]).toEqual([bytes.toString('latin1').slice(0, 200), true]);
    });

  await expectNoLeak(emulator, burst);
});

/** Waits for an event of a socket, or for the error that ends it. */
const soon = (socket: TLSSocket, event: string): Promise<unknown> => once(socket, event).catch(() => undefined);

it('reads no body to its end that is too large, however it comes', async () => {
  const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
  const before = emulator.residentBytes();
  for (let i = 0; i < 5; i++) {
    const socket = await emulator.dial(443);
    let came = '';
    socket.on('data', (bytes: Buffer) => (came += bytes.toString('latin1')));
    // After an answer nobody need read on, so waiting for the socket to drain could be for ever.
    const ended = Promise.race([soon(socket, 'data'), soon(socket, 'close')]);
    socket.write(
      head(`POST /devices?${VERSION} HTTP/1.1`, 'Transfer-Encoding: chunked', 'Content-Type: application/json'),
    );
    for (let sent = 0; sent < 200 && !socket.closed && came === ''; sent++) {
      if (!socket.write(chunk)) await Promise.race([soon(socket, 'drain'), ended]);
    }
    expect(await closes(socket, SOON_MS)).toBe(true);
    expect(came).toMatch(/^(HTTP\/1\.1 413 |$)/); // what is still being sent may cut the answer off
    socket.destroy();
  }
  expect(emulator.residentBytes() - before).toBeLessThan(GROWTH_BYTES);
});
