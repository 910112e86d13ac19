import { X509Certificate } from 'node:crypto';
import { Registry } from 'azure-iothub';
import { Client as Device, Message } from 'azure-iot-device';
import { Http } from 'azure-iot-device-http';
import { Mqtt, MqttWs } from 'azure-iot-device-mqtt';
import { makeCertificate, type TestCertificate } from '../../support/certificates';
import { createHub, type TestHub } from '../../support/hub';

let hub: TestHub;
let root: TestCertificate;
let between: TestCertificate;
let registry: Registry;

beforeAll(async () => {
  hub = await createHub();
  registry = Registry.fromConnectionString(hub.connectionString);
  root = await makeCertificate('Test Root', { ca: true });
  between = await makeCertificate('Test Intermediate', { ca: true, by: root });
  await hub.trust('root', root.cert);
  await registry.create({ deviceId: 'by-ca', authentication: { type: 'certificateAuthority' } });
});

async function send(
  deviceId: string,
  certificate: TestCertificate,
  chain = '',
  transport: typeof Mqtt | typeof Http = Mqtt,
): Promise<void> {
  const device = Device.fromConnectionString(`HostName=${hub.hostName};DeviceId=${deviceId};x509=true`, transport);
  const set = device.setOptions({ cert: `${certificate.cert}\n${chain}`, key: certificate.key });
  if (transport !== Http) await set; // over HTTPS the client sets them at once and never says so
  await device.open();
  await device.sendEvent(new Message('x'));
  await device.close();
}
const refused = { name: 'UnauthorizedError' };

it('lets a device in by the thumbprint of its certificate, over every transport', async () => {
  const own = await makeCertificate('whatever');
  const second = await makeCertificate('spare');
  const { fingerprint, fingerprint256 } = new X509Certificate(own.cert);
  const x509Thumbprint = {
    primaryThumbprint: fingerprint256.replaceAll(':', ''),
    secondaryThumbprint: new X509Certificate(second.cert).fingerprint.replaceAll(':', ''),
  };
  await registry.create({ deviceId: 'by-print', authentication: { type: 'selfSigned', x509Thumbprint } });
  expect(fingerprint).toHaveLength(59);

  await send('by-print', own);
  await send('by-print', second, '', MqttWs);
  await send('by-print', own, '', Http);

  await expect(send('by-print', await makeCertificate('whatever'))).rejects.toMatchObject(refused);
  await expect(send('by-print', await makeCertificate('whatever'), '', Http)).rejects.toMatchObject(refused);
  await hub.device('by-key');
  await expect(send('by-key', own)).rejects.toMatchObject(refused);
});

it('lets a device in whose certificate leads to a verified CA of the hub and names the device', async () => {
  const direct = await makeCertificate('by-ca', { by: root });
  const below = await makeCertificate('by-ca', { by: between });

  await send('by-ca', direct);
  await send('by-ca', below, between.cert);
  await send('by-ca', below, between.cert, Http);
  await send('by-ca', below, between.cert, Http); // a resumed TLS session has the chain too

  const another = await makeCertificate('another', { by: root });
  const ended = await makeCertificate('by-ca', { by: root, days: -1 });
  const stranger = await makeCertificate('by-ca', { by: await makeCertificate('Test Root', { ca: true }) });
  for (const certificate of [another, ended, stranger, below]) {
    await expect(send('by-ca', certificate)).rejects.toMatchObject(refused);
  }
});
