import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { environmentOf } from '../../../emulator/exec/environment';

const certificate = (body: string): string => `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----\n`;
const plain = (pem: string): string => pem.replace(/\s/g, '');

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'emulator-environment-'));
  await writeFile(join(stateDir, 'ca.pem'), certificate('Q0E='));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

const state = () => ({
  pid: 1,
  caFile: join(stateDir, 'ca.pem'),
  redirects: [{ suffix: 'azure-devices.test', port: 443, to: 40001 }],
  proxy: 40002,
  identity: { endpoint: 'http://127.0.0.1:40003/token', header: 'secret' },
  subscriptionId: 'subscription',
  tenantId: 'tenant',
});

it('keeps what the caller has set and adds to it', async () => {
  const base = {
    NODE_OPTIONS: '--trace-warnings',
    PYTHONPATH: '/mine',
    JAVA_TOOL_OPTIONS: '-Xmx1g',
    NO_PROXY: 'corp',
  };

  const variables = await environmentOf(stateDir, state(), base);

  expect(variables.NODE_OPTIONS).toMatch(/^--trace-warnings --require ".*preload\.js"$/);
  expect(variables.PYTHONPATH?.split(delimiter)).toEqual([expect.stringMatching(/exec.python$/), '/mine']);
  expect(variables.JAVA_TOOL_OPTIONS).toBe(`-Xmx1g -XX:VMOptionsFile=${join(stateDir, 'exec', 'java.options')}`);
  expect(variables.NO_PROXY).toBe('corp,azure-devices.test,.azure-devices.test,127.0.0.1');
  expect(variables.no_proxy).toBe(variables.NO_PROXY);
});

it('changes nothing when it is applied to its own result', async () => {
  const once = await environmentOf(stateDir, state(), {});

  const twice = await environmentOf(stateDir, state(), once);

  expect(twice).toEqual(once);
});

it("trusts the emulator's CA beside what the caller trusts and the public roots, each once", async () => {
  const mine = join(stateDir, 'mine.pem');
  await writeFile(mine, certificate('TUlO\nRQ==') + certificate('Q0E='));

  const variables = await environmentOf(stateDir, state(), { SSL_CERT_FILE: mine });

  const bundle = await readFile(variables.SSL_CERT_FILE ?? '', 'utf8');
  expect(variables.REQUESTS_CA_BUNDLE).toBe(variables.SSL_CERT_FILE);
  for (const each of ['Q0E=', 'TUlORQ==', ...rootCertificates.map(bodyOf)]) {
    expect(plain(bundle).split(each)).toHaveLength(2);
  }
  expect(await readFile(variables.NODE_EXTRA_CA_CERTS ?? '', 'utf8')).toBe(certificate('Q0E='));
});

const bodyOf = (pem: string): string => plain(pem.replace(/-----[A-Z ]+-----/g, ''));

it('has Java ask the proxy for names that end in .test and for no other', async () => {
  await environmentOf(stateDir, state(), {});

  const options = await readFile(join(stateDir, 'exec', 'java.options'), 'utf8');
  const patterns = /^-DsocksNonProxyHosts=(.*)$/m.exec(options)?.[1]?.split('|') ?? [];
  const goesDirect = (host: string): boolean =>
    patterns.some((each) => (each.startsWith('*') ? host.endsWith(each.slice(1)) : host === each));
  expect(options).toContain('-DsocksProxyPort=40002\n');
  expect(['hub.azure-devices.test', 'x.test'].filter(goesDirect)).toEqual([]);
  const others = [
    'localhost',
    'test',
    'latest',
    'a.best',
    'host',
    '10.0.0.1',
    '[::1]',
    'azure.net',
    'x.test.example',
    't',
  ];
  expect(others.filter((host) => !goesDirect(host))).toEqual([]);
});
