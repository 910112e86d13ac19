import { X509Certificate } from 'node:crypto';

import { inputsOf, recordOf } from '../../../infra/dynamic/record';
import type { EnrollmentInputs } from '../../../infra/dynamic/inputs';
import { makeCertificate } from '../../support/certificates';
import { DEVICE, GROUP, without } from './samples';

const RICH: EnrollmentInputs = {
  ...GROUP,
  iotEdge: true,
  allocation: 'custom',
  webhookUrl: 'https://a.example/?code=1',
  webhookApiVersion: '2021-10-01',
  hubs: ['a.net', 'b.net'],
  initialTwin: { tags: { line: 1 }, desired: { mode: 'calm' } },
  enabled: false,
};
const thumbprintOf = (pem: string): string => new X509Certificate(pem).fingerprint.replaceAll(':', '');

it('writes a record as the service reads it', () => {
  expect(recordOf(RICH)).toEqual({
    enrollmentGroupId: 'pumps',
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: '', secondaryKey: '' } },
    capabilities: { iotEdge: true },
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
    allocationPolicy: 'custom',
    customAllocationDefinition: { webhookUrl: 'https://a.example/?code=1', apiVersion: '2021-10-01' },
    iotHubs: ['a.net', 'b.net'],
    initialTwin: { tags: { line: 1 }, properties: { desired: { mode: 'calm' } } },
    provisioningStatus: 'disabled',
  });
});

it('reads back what it has written', () => {
  expect(inputsOf({ ...recordOf(RICH), attestation: { type: 'symmetricKey' } }, RICH)).toEqual(RICH);
  expect(inputsOf(recordOf(DEVICE), DEVICE)).toEqual(DEVICE);
});

it('keeps the keys that are there and what it does not manage, and sends nothing that only the service writes', () => {
  const present = { ...recordOf(DEVICE), optionalDeviceInformation: { a: 1 }, etag: '"1"', registrationState: {} };
  const keys = { primaryKey: 'a', secondaryKey: 'b' };

  const record = recordOf(DEVICE, present, keys);

  expect(record).toMatchObject({ optionalDeviceInformation: { a: 1 }, attestation: { symmetricKey: keys } });
  expect(record).not.toHaveProperty('etag');
  expect(record).not.toHaveProperty('registrationState');
});

it('takes from a record what is no longer declared', () => {
  const record = recordOf(GROUP, { ...recordOf(RICH), iotHubHostName: 'a.net' });

  expect(record).toEqual(recordOf(GROUP));
});

it('gives certificates by their place, and shows others by their thumbprints', async () => {
  const [mine, other] = await Promise.all([makeCertificate('Maker', { ca: true }), makeCertificate('Other')]);
  const signed: EnrollmentInputs = { ...GROUP, attestation: 'x509', certificate: mine.cert };
  const shown = (pem: string) => ({
    type: 'x509',
    x509: { signingCertificates: { primary: { info: { sha1Thumbprint: thumbprintOf(pem) } } } },
  });

  expect(recordOf(signed).attestation).toEqual({
    type: 'x509',
    x509: { signingCertificates: { primary: { certificate: mine.cert } } },
  });
  expect(inputsOf({ ...recordOf(signed), attestation: shown(mine.cert) }, signed)).toEqual(signed);
  expect(inputsOf({ ...recordOf(signed), attestation: shown(other.cert) }, signed).certificate).toBe(
    `SHA-1 thumbprint ${thumbprintOf(other.cert)}`,
  );
  expect(recordOf({ ...DEVICE, attestation: 'x509', certificate: mine.cert }).attestation.x509).toHaveProperty(
    'clientCertificates',
  );
});

it('shows a record that nobody gave a reprovision policy as drift', () => {
  const record = without(recordOf(GROUP), 'reprovisionPolicy');

  expect(inputsOf(record, GROUP).reprovisionPolicy).toEqual({});
});

it('takes a masked address of a webhook for the declared one, and no other', () => {
  const masked = (url: string) => ({
    ...recordOf(RICH),
    customAllocationDefinition: { webhookUrl: url, apiVersion: 'v' },
  });

  expect(inputsOf(masked('https://a.example/?code=****'), RICH).webhookUrl).toBe(RICH.webhookUrl);
  expect(inputsOf(masked('https://b.example/?code=****'), RICH).webhookUrl).toBe('https://b.example/?code=****');
});

it('reads the old form of one hub, and leaves out what the service adds to a twin', () => {
  const record = { ...recordOf(GROUP), iotHubHostName: 'a.net', initialTwin: { tags: { $version: 1 } } };

  expect(inputsOf(record, GROUP)).toEqual({ ...GROUP, hubs: ['a.net'] });
});
