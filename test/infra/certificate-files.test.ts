import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCertificates } from '../../infra/certificate-files';
import { parseConfig } from '../../infra/config';
import { makeCertificate } from '../support/certificates';

let folder: string;
let cert: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'certificates-'));
  const made = await makeCertificate('ca');
  cert = made.cert;
  await writeFile(join(folder, 'ca.pem'), cert);
  await writeFile(join(folder, 'both.pem'), `${cert}\n${made.key}`);
  await writeFile(join(folder, 'text.pem'), 'no certificate');
});
afterAll(() => rm(folder, { recursive: true }));

const configOf = (files: Record<string, string>) =>
  parseConfig({
    provisioning: { certificates: files },
    enrollmentGroups: { doors: { attestation: { type: 'x509', certificate: 'ca.pem' }, reprovisionPolicy: 'never' } },
  });

it('reads the certificates that the configuration names', () => {
  expect([...readCertificates(configOf({ root: 'ca.pem' }), folder)]).toEqual([['ca.pem', cert]]);
});

it('lists every file that cannot be used, and shows no private key', () => {
  const read = () => readCertificates(configOf({ a: 'both.pem', b: 'text.pem', c: 'gone.pem' }), folder);

  expect(read).toThrow('groundswell:provisioning.certificates.a: got "both.pem"; the file holds a private key');
  expect(read).toThrow('groundswell:provisioning.certificates.b: got "text.pem"; the file holds no certificate');
  expect(read).toThrow('groundswell:provisioning.certificates.c: got "gone.pem"; the file cannot be read: ENOENT');
  expect(read).not.toThrow('BEGIN');
});
