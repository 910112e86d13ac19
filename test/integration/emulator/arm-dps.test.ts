import { randomBytes, webcrypto } from 'node:crypto';

import { IotDpsClient } from '@azure/arm-deviceprovisioningservices';
import { DefaultAzureCredential } from '@azure/identity';
import * as x509 from '@peculiar/x509';

import { createHub, type TestHub } from '../../support/hub';

const ENDPOINT = 'https://management.azure.test';
const SUBSCRIPTION = process.env['ARM_SUBSCRIPTION_ID'] ?? '';
const POLL = { updateIntervalInMs: 10 };
const group = `dps-${randomBytes(4).toString('hex')}`;
const credential = new DefaultAzureCredential();
const client = new IotDpsClient(credential, SUBSCRIPTION, { endpoint: ENDPOINT });
const { iotDpsResource: services, dpsCertificate: certificates } = client;
const unique = (): string => `dps-${randomBytes(4).toString('hex')}`;
const S1 = { name: 'S1', capacity: 1 };
const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
let hub: TestHub;

const create = (name: string, properties: object = {}) =>
  services.beginCreateOrUpdateAndWait(group, name, { location: 'westeurope', sku: S1, properties }, POLL);

async function putGroup(method: 'PUT' | 'DELETE'): Promise<void> {
  const { token } = await credential.getToken(`${ENDPOINT}/.default`);
  await fetch(`${ENDPOINT}/subscriptions/${SUBSCRIPTION}/resourceGroups/${group}?api-version=2024-03-01`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(method === 'PUT' && { body: JSON.stringify({ location: 'westeurope' }) }),
  });
}

beforeAll(async () => {
  await putGroup('PUT');
  hub = await createHub();
});
afterAll(() => putGroup('DELETE'));

it('makes a service with an id scope that stays, its one policy, and the names of Azure', async () => {
  const name = unique();
  expect(await services.checkProvisioningServiceNameAvailability({ name })).toMatchObject({ nameAvailable: true });

  const made = await create(name);
  const again = await create(name, { allocationPolicy: 'Static' });
  const keys = [];
  for await (const key of services.listKeys(name, group)) keys.push(key);

  expect(made.properties).toMatchObject({
    state: 'Active',
    allocationPolicy: 'Hashed',
    idScope: expect.stringMatching(/^0ne[0-9A-F]{8}$/) as string,
    serviceOperationsHostName: `${name}.azure-devices-provisioning.test`,
    deviceProvisioningHostName: 'global.azure-devices-provisioning.test',
  });
  expect(again.properties).toMatchObject({ idScope: made.properties.idScope, allocationPolicy: 'Static' });
  expect(keys.map(({ keyName }) => keyName)).toEqual(['provisioningserviceowner']);
  expect(await services.listKeysForKeyName(name, 'provisioningserviceowner', group)).toEqual(keys[0]);
  expect(await services.checkProvisioningServiceNameAvailability({ name })).toMatchObject({ nameAvailable: false });

  await services.beginDeleteAndWait(name, group, POLL);
  await expect(services.get(name, group)).rejects.toMatchObject({ statusCode: 404 });
  expect(await services.checkProvisioningServiceNameAvailability({ name })).toMatchObject({ nameAvailable: true });
});

it('links hubs, shows no key of theirs, and takes back what it showed', async () => {
  const name = unique();
  const linked = { connectionString: hub.connectionString, location: 'westeurope', allocationWeight: 5 };

  const made = await create(name, { iotHubs: [linked] });
  const shown = made.properties.iotHubs ?? [];
  const again = await create(name, { iotHubs: shown });

  expect(shown).toEqual([
    {
      name: hub.hostName,
      connectionString: `HostName=${hub.hostName};SharedAccessKeyName=iothubowner;SharedAccessKey=****`,
      location: 'westeurope',
      allocationWeight: 5,
      applyAllocationPolicy: true,
    },
  ]);
  expect(again.properties.iotHubs).toEqual(shown);
  await expect(create(unique(), { iotHubs: shown })).rejects.toMatchObject({ statusCode: 400 });
  await expect(create(name, { iotHubs: [linked, linked] })).rejects.toMatchObject({ statusCode: 400 });
  await expect(create(name, { iotHubs: [{ ...linked, allocationWeight: 1001 }] })).rejects.toMatchObject({
    statusCode: 400,
  });
});

it('verifies a certificate by a proof of possession that its key signed, and by no other', async () => {
  const name = unique();
  await create(name);
  const ca = await authority('root');
  const other = await authority('other');
  const put = await certificates.createOrUpdate(group, name, 'root', {
    properties: { certificate: Buffer.from(ca.certificate.toString('pem')) },
  });
  expect(put.properties).toMatchObject({ isVerified: false, subject: 'CN=root' });

  const code = await certificates.generateVerificationCode('root', put.etag ?? '', group, name);
  const wanted = code.properties?.verificationCode ?? '';
  const verify = (pem: string) =>
    certificates.verifyCertificate('root', code.etag ?? '', group, name, { certificate: pem });
  await expect(verify(await proof(wanted, other))).rejects.toMatchObject({ statusCode: 400 });
  await expect(verify(await proof('guess', ca))).rejects.toMatchObject({ statusCode: 400 });
  const verified = await verify(await proof(wanted, ca));

  expect(verified.properties?.isVerified).toBe(true);
  expect((await certificates.list(group, name)).value).toHaveLength(1);
  await expect(certificates.delete(group, 'stale', name, 'root')).rejects.toMatchObject({
    statusCode: 412,
  });
  await certificates.delete(group, verified.etag ?? '', name, 'root');
  await expect(certificates.get('root', group, name)).rejects.toMatchObject({ statusCode: 404 });
});

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

async function authority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: EC,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  return { certificate, keys };
}

/** PEM of a certificate whose common name is the code. */
async function proof(code: string, { certificate, keys }: Authority): Promise<string> {
  const leaf = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const signed = await x509.X509CertificateGenerator.create({
    subject: `CN=${code}`,
    issuer: certificate.subject,
    publicKey: leaf.publicKey,
    signingKey: keys.privateKey,
    signingAlgorithm: EC,
  });
  return signed.toString('pem');
}
