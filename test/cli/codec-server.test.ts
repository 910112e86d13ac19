import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCodec, createCodecServer } from '../../cli/codec-server';
import { parseKeys } from '../../codec';

const ORIGIN = 'https://temporal.example.com';
const TOKEN = 'a token';
const codec = createCodec(parseKeys(`2026:${randomBytes(32).toString('base64')}`, 'test'));

let server: Server | undefined;
afterEach(async () => {
  if (server === undefined) return;
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
  server = undefined;
});

async function listening(token?: string): Promise<string> {
  server = createCodecServer({ codec, origins: [ORIGIN], token });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const json = ({ metadata, data }: Payload): object => ({
  metadata: Object.fromEntries(
    Object.entries(metadata ?? {}).map(([name, value]) => [name, Buffer.from(value).toString('base64')]),
  ),
  data: Buffer.from(data ?? []).toString('base64'),
});
const payload = defaultPayloadConverter.toPayload('very secret');
const post = (url: string, payloads: readonly object[], headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, { method: 'POST', body: JSON.stringify({ payloads }), headers });

it('decodes and encodes as the Temporal UI asks for it', async () => {
  const url = await listening();
  const [hidden] = await codec.encode([payload]);

  const decoded = (await (await post(`${url}/decode`, [json(hidden ?? {})])).json()) as object;
  const encoded = await (await post(`${url}/encode`, [json(payload)])).text();

  expect(decoded).toEqual({ payloads: [json(payload)] });
  expect(encoded).toContain(Buffer.from('binary/encrypted').toString('base64'));
  expect(encoded).not.toContain(Buffer.from('"very secret"').toString('base64'));
});

it('lets pages of the given origin ask, and of no other', async () => {
  const url = `${await listening()}/decode`;
  const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin: ORIGIN } });
  const [allowed, other, near] = await Promise.all(
    [ORIGIN, 'https://evil.example.com', `${ORIGIN}.evil.com`].map((origin) => post(url, [], { origin })),
  );

  expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, ORIGIN]);
  expect([allowed?.status, other?.status, near?.status]).toEqual([200, 403, 403]);
  expect(other?.headers.get('access-control-allow-origin')).toBeNull();
});

it('asks for its token', async () => {
  const url = `${await listening(TOKEN)}/decode`;
  const statuses = await Promise.all(
    ['', 'Bearer', 'Bearer wrong', TOKEN, `Bearer ${TOKEN}`].map(
      async (authorization) => (await post(url, [], authorization === '' ? {} : { authorization })).status,
    ),
  );

  expect(statuses).toEqual([401, 401, 401, 401, 200]);
});

it.each([
  ['/decode', '{', 400],
  ['/decode', '{"payloads":[{"data":7}]}', 400],
  ['/decode', '{"payloads":"all"}', 400],
  ['/keys', '{"payloads":[]}', 404],
])('refuses %s with %s', async (path, body, status) => {
  const response = await fetch(`${await listening()}${path}`, { method: 'POST', body });

  expect(response.status).toBe(status);
  expect(await response.json()).toHaveProperty('message');
});

it('says which key is missing', async () => {
  const other = createCodec(parseKeys(`2025:${randomBytes(32).toString('base64')}`, 'test'));
  const response = await post(`${await listening()}/decode`, (await other.encode([payload])).map(json));

  expect(response.status).toBe(400);
  expect(await response.text()).toContain('id=2025 known=2026');
});
