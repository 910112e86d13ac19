import { randomBytes } from 'node:crypto';
import { request } from 'node:https';

import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';

import { assignRole, BLOB_DATA_CONTRIBUTOR } from '../../support/roles';
import { arm } from '../../support/signalr';

const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/test-websites`;
const credential = new DefaultAzureCredential();
const account = `site${randomBytes(6).toString('hex')}`;
const id = `${GROUP}/providers/Microsoft.Storage/storageAccounts/${account}`;
const blobs = new BlobServiceClient(`https://${account}.blob.azure.test`, credential, {
  retryOptions: { maxTries: 1 },
});
let site: string;

const upload = (container: string, name: string, text: string, blobContentType: string) =>
  blobs
    .getContainerClient(container)
    .getBlockBlobClient(name)
    .upload(text, text.length, { blobHTTPHeaders: { blobContentType, blobCacheControl: 'no-cache' } });
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  fetch(`${site}${path}`, { method, headers });
const shown = async (answer: Response) => [answer.status, await answer.text(), answer.headers.get('content-type')];

/** The path exactly as it stands: `fetch` would take dots out of it. */
const getRaw = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const { hostname } = new URL(site);
    const sent = request({ hostname, path, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });

beforeAll(async () => {
  await arm('PUT', GROUP, { location: 'westeurope' });
  const made = await arm('PUT', id, { location: 'westeurope', kind: 'StorageV2', sku: { name: 'Standard_LRS' } });
  const { primaryEndpoints } = made.body['properties'] as { primaryEndpoints: { web: string } };
  site = primaryEndpoints.web.replace(/\/$/, '');
  await assignRole(credential, id, BLOB_DATA_CONTRIBUTOR);
});

it('is not there until it is switched on, and then has a container', async () => {
  expect(site).toBe(`https://${account}.z1.web.azure.test`);
  const before = await get('/');
  const staticWebsite = { enabled: true, indexDocument: 'index.html', errorDocument404Path: 'errors/404.html' };

  await blobs.setProperties({ staticWebsite });

  expect([before.status, before.headers.get('x-ms-error-code')]).toEqual([404, 'WebContentNotFound']);
  expect(await blobs.getContainerClient('$web').exists()).toBe(true);
  expect(await shown(await get('/'))).toEqual([404, expect.stringContaining('WebContentNotFound'), 'text/html']);
});

describe('once it has files', () => {
  beforeAll(async () => {
    await upload('$web', 'index.html', '<p>root</p>', 'text/html; charset=utf-8');
    await upload('$web', 'docs/index.html', '<p>docs</p>', 'text/html');
    await upload('$web', 'a b/grün.js', 'let a = 1;', 'text/javascript');
    await upload('$web', 'errors/404.html', '<p>gone</p>', 'text/html');
    await arm('PUT', `${id}/blobServices/default/containers/secret`, {});
    await upload('secret', 'key.txt', 'hidden', 'text/plain');
  });

  it.each([
    ['/', 200, '<p>root</p>', 'text/html; charset=utf-8'],
    ['/?x=1', 200, '<p>root</p>', 'text/html; charset=utf-8'],
    ['/index.html', 200, '<p>root</p>', 'text/html; charset=utf-8'],
    ['/docs/', 200, '<p>docs</p>', 'text/html'],
    ['/a%20b/gr%C3%BCn.js', 200, 'let a = 1;', 'text/javascript'],
    ['/Index.html', 404, '<p>gone</p>', 'text/html'],
    ['/errors/', 404, '<p>gone</p>', 'text/html'],
    ['/%', 400, expect.stringContaining('InvalidUri'), 'text/html'],
  ])('answers %s to anybody', async (path, status, text, type) => {
    expect(await shown(await get(path))).toEqual([status, text, type]);
  });

  it('answers no file twice to who has it, and parts of it', async () => {
    const whole = await get('/index.html');
    const etag = whole.headers.get('etag') ?? '';
    const same = await get('/index.html', { 'if-none-match': etag });
    const since = await get('/index.html', { 'if-modified-since': whole.headers.get('last-modified') ?? '' });
    const part = await get('/index.html', { range: 'bytes=3-6' });
    const head = await get('/index.html', {}, 'HEAD');

    expect(etag).toMatch(/^"0x/);
    expect(whole.headers.get('cache-control')).toBe('no-cache');
    expect([same.status, await same.text(), same.headers.get('etag')]).toEqual([304, '', etag]);
    expect(since.status).toBe(304);
    expect([part.status, await part.text(), part.headers.get('content-range')]).toEqual([206, 'root', 'bytes 3-6/11']);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '11']);
    expect((await get('/index.html', { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('never shows what is in another container, nor takes anything', async () => {
    for (const path of [
      '/../secret/key.txt',
      '/%2e%2e/secret/key.txt',
      '/..%2fsecret/key.txt',
      '/docs/../../secret/key.txt',
    ]) {
      expect([path, await getRaw(path)]).toEqual([path, 404]);
    }
    for (const method of ['PUT', 'POST', 'DELETE', 'OPTIONS']) {
      expect((await get('/index.html', { origin: 'https://x.test' }, method)).status).toBe(405);
    }
    expect((await get('/', { origin: 'https://x.test' })).headers.get('access-control-allow-origin')).toBeNull();
    expect((await fetch(`https://${account}.blob.azure.test/$web/index.html`)).status).not.toBe(200);
  });

  it('is gone when it is switched off', async () => {
    await blobs.setProperties({ staticWebsite: { enabled: false } });

    expect((await get('/index.html')).status).toBe(404);
    expect(await blobs.getContainerClient('$web').exists()).toBe(true);
  });
});
