import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadTls } from '../../../emulator/wire/tls';

let dir: string;
beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'emulator-tls-'))));
afterEach(() => rm(dir, { recursive: true }));

it('makes a leaf that its own CA signed, for every name the emulator answers to', async () => {
  const { ca, cert } = await loadTls(dir);
  const leaf = new X509Certificate(cert);

  expect(leaf.verify(new X509Certificate(ca).publicKey)).toBe(true);
  for (const host of ['my-hub.azure-devices.test', 'management.azure.test', 'account.blob.azure.test', 'localhost']) {
    expect(leaf.checkHost(host)).toBeDefined();
  }
  expect(leaf.checkHost('my-hub.azure-devices.net')).toBeUndefined();
});

it('keeps its certificates, and its keys from other users', async () => {
  const first = await loadTls(dir);

  expect(await loadTls(dir)).toEqual(first);
  for (const file of [first.keyFile, join(dir, 'tls', 'ca-key.pem')])
    expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('makes a damaged CA anew, and with it the leaf', async () => {
  const first = await loadTls(dir);
  await writeFile(first.caFile, 'damaged');

  const second = await loadTls(dir);

  expect(second.ca).not.toBe(first.ca);
  expect(new X509Certificate(second.cert).verify(new X509Certificate(second.ca).publicKey)).toBe(true);
});
