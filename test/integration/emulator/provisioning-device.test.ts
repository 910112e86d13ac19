import { Client as DeviceClient } from 'azure-iot-device';
import { Mqtt as DeviceMqtt } from 'azure-iot-device-mqtt';
import { ProvisioningDeviceClient, type RegistrationResult } from 'azure-iot-provisioning-device';
import { Amqp, AmqpWs } from 'azure-iot-provisioning-device-amqp';
import { Http } from 'azure-iot-provisioning-device-http';
import { Mqtt, MqttWs } from 'azure-iot-provisioning-device-mqtt';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';
import { X509Security } from 'azure-iot-security-x509';
import { makeCertificate, type TestCertificate } from '../../support/certificates';
import { createDps, derivedKey, randomKey, type TestDps } from '../../support/dps';
import { createHub, type TestHub } from '../../support/hub';

const GLOBAL = 'global.azure-devices-provisioning.test';
const TRANSPORTS = { Mqtt, MqttWs, Http, Amqp, AmqpWs };
type Transport = keyof typeof TRANSPORTS;
const NAMES = Object.keys(TRANSPORTS) as Transport[];
let hub: TestHub;
let dps: TestDps;
let service: ProvisioningServiceClient;

beforeAll(async () => {
  hub = await createHub();
  dps = await createDps([hub]);
  service = ProvisioningServiceClient.fromConnectionString(dps.connectionString);
});

const enroll = (registrationId: string, attestation: object): Promise<unknown> =>
  service.createOrUpdateIndividualEnrollment({ registrationId, attestation } as never);
const enrollGroup = (enrollmentGroupId: string, attestation: object): Promise<unknown> =>
  service.createOrUpdateEnrollmentGroup({ enrollmentGroupId, attestation } as never);
const byKey = (primaryKey: string) => ({
  type: 'symmetricKey',
  symmetricKey: { primaryKey, secondaryKey: randomKey() },
});
const byCertificates = (kind: 'clientCertificates' | 'signingCertificates', { cert }: TestCertificate) => ({
  type: 'x509',
  x509: { [kind]: { primary: { certificate: cert } } },
});

type Security = SymmetricKeySecurityClient | X509Security;
const register = async (transport: Transport, security: Security, scope = dps.idScope): Promise<RegistrationResult> => {
  const client = ProvisioningDeviceClient.create(GLOBAL, scope, new TRANSPORTS[transport](), security as never);
  return (await client.register()) as RegistrationResult; // typed as one that may take a callback and give nothing
};
/** The chain is what the device shows; its own certificate first. */
const shows = (registrationId: string, leaf: TestCertificate, ...chain: TestCertificate[]): X509Security =>
  new X509Security(registrationId, { cert: [leaf, ...chain].map(({ cert }) => cert).join('\n'), key: leaf.key });

/** Whether the hub takes what the device was provisioned with. */
async function connects(connectionString: string, certificate?: TestCertificate): Promise<boolean> {
  const client = DeviceClient.fromConnectionString(connectionString, DeviceMqtt);
  if (certificate !== undefined) await client.setOptions(certificate);
  await client.open();
  await client.close();
  return true;
}

it('registers devices by a key of their own and of their group, over each transport', async () => {
  const groupKey = randomKey();
  await enrollGroup('keys', byKey(groupKey));
  await Promise.all(
    NAMES.map(async (transport) => {
      const [own, member] = [`own-${transport}`, `member-${transport}`];
      const key = randomKey();
      await enroll(own, byKey(key));

      const [result, memberResult] = await Promise.all([
        register(transport, new SymmetricKeySecurityClient(own, key)),
        register(transport, new SymmetricKeySecurityClient(member, derivedKey(groupKey, member))),
      ]);

      expect(result).toMatchObject({ status: 'assigned', assignedHub: hub.hostName, deviceId: own });
      expect(memberResult).toMatchObject({ status: 'assigned', assignedHub: hub.hostName, deviceId: member });
      const host = `HostName=${hub.hostName}`;
      await connects(`${host};DeviceId=${own};SharedAccessKey=${key}`);
      await connects(`${host};DeviceId=${member};SharedAccessKey=${derivedKey(groupKey, member)}`);
    }),
  );
});

it('registers devices by their certificate, by who signed it, and by a verified CA, over each transport', async () => {
  const [root, signer] = await Promise.all([
    makeCertificate('root', { ca: true }),
    makeCertificate('plant', { ca: true }),
  ]);
  const line = await makeCertificate('line', { by: root, ca: true });
  await dps.addCa('root', root.cert);
  await enrollGroup('signed', byCertificates('signingCertificates', signer));
  await enrollGroup('rooted', { type: 'x509', x509: { caReferences: { primary: 'root' } } });
  await Promise.all(
    NAMES.map(async (transport) => {
      const ids = ['own', 'signed', 'rooted'].map((how) => `x509-${how}-${transport}`) as [string, string, string];
      const [own, signed, rooted] = await Promise.all([
        makeCertificate(ids[0]),
        makeCertificate(ids[1], { by: signer }),
        makeCertificate(ids[2], { by: line }),
      ]);
      await enroll(ids[0], byCertificates('clientCertificates', own));

      const results = await Promise.all([
        register(transport, shows(ids[0], own)),
        register(transport, shows(ids[1], signed)),
        register(transport, shows(ids[2], rooted, line)),
      ]);

      expect(results.map(({ deviceId }) => deviceId)).toEqual(ids);
      await connects(`HostName=${hub.hostName};DeviceId=${ids[0]};x509=true`, own);
      await connects(`HostName=${hub.hostName};DeviceId=${ids[2]};x509=true`, rooted);
    }),
  );
});

it.each(NAMES)('refuses over %s who does not prove himself', async (transport) => {
  const key = randomKey();
  const id = `strict-${transport}`;
  await enroll(id, byKey(key));
  const [stranger, expired] = await Promise.all([makeCertificate(id), makeCertificate(id, { days: -1 })]);
  await enroll(`old-${transport}`, byCertificates('clientCertificates', expired));
  const refused = (security: Security, scope?: string) =>
    expect(register(transport, security, scope)).rejects.toBeDefined(); // over AMQP the SDK gives what is no Error

  await refused(new SymmetricKeySecurityClient(id, randomKey()));
  await refused(new SymmetricKeySecurityClient(`nobody-${transport}`, key));
  await refused(new SymmetricKeySecurityClient(id, key), '0neFFFFFFFF');
  await refused(shows(id, stranger));
  await refused(shows(`old-${transport}`, expired));
  const found = await service.getDeviceRegistrationState(id).catch((error: unknown) => error);
  expect(found).toMatchObject({ response: { statusCode: 404 } });
});

it('refuses a device of a disabled enrollment, and of a group whose member is disabled', async () => {
  const groupKey = randomKey();
  await enrollGroup('partly', byKey(groupKey));
  const key = derivedKey(groupKey, 'banned');
  await service.createOrUpdateIndividualEnrollment({
    registrationId: 'banned',
    attestation: byKey(key),
    provisioningStatus: 'disabled',
  } as never);

  const outcome = await dps.register('banned', key);
  const sdk = register('Http', new SymmetricKeySecurityClient('banned', key));

  expect(outcome).toMatchObject({ status: 'disabled', registrationState: { status: 'disabled' } });
  await expect(sdk).rejects.toThrow('status is disabled');
  expect(await dps.register('welcome', derivedKey(groupKey, 'welcome'))).toMatchObject({ status: 'assigned' });
});
