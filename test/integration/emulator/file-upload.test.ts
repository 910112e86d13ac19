import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { Client as Service } from 'azure-iothub';
import { Client as Device } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { createContainer } from '../../support/container';
import { createStorageAccount, type StorageAccount } from '../../support/storage-account';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

const ARM = 'https://management.azure.test';
const credential = new DefaultAzureCredential();
let hub: TestHub;
let account: string;
const devices: Device[] = [];

/**
 * A connected device. An upload alone would start the client's renewal of tokens too, and nothing but the end of a
 * connection stops that: the process would never end.
 */
async function newDevice(deviceId: string, of = hub): Promise<Device> {
  const device = Device.fromConnectionString(await of.device(deviceId), Mqtt);
  await device.open();
  devices.push(device);
  return device;
}

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.close()));
});

/** The connection string of an account, as the portal shows it. */
async function connectionStringOf({ name, id }: StorageAccount): Promise<string> {
  const { token } = await credential.getToken(`${ARM}/.default`);
  const url = `${ARM}${id}/listKeys?api-version=2024-01-01`;
  const response = await fetch(url, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
  const { keys } = (await response.json()) as { keys: { value: string }[] };
  return `DefaultEndpointsProtocol=https;AccountName=${name};AccountKey=${keys[0]?.value};EndpointSuffix=azure.test`;
}

beforeAll(async () => {
  const storage = await createStorageAccount(credential);
  await createContainer(credential, storage);
  account = storage.name;
  const connectionString = await connectionStringOf(storage);
  hub = await createHub('S1', {
    storageEndpoints: { $default: { connectionString, containerName: 'ledger', sasTtlAsIso8601: 'PT1H' } },
    enableFileUploadNotifications: true,
  });
});

it('puts a file of a device into the hub’s container and tells services', async () => {
  const service = Service.fromConnectionString(hub.connectionString);
  await service.open();
  const notices: object[] = [];
  service.getFileNotificationReceiver((error, receiver) => {
    if (error) throw error;
    receiver?.on('message', ({ data }: { data: string | Buffer }) =>
      notices.push(JSON.parse(data.toString()) as object),
    );
  });
  const device = await newDevice('up');
  const content = randomBytes(100_000);

  await device.uploadToBlob('logs/day1.bin', Readable.from([content]), content.length);

  const blob = new BlobServiceClient(`https://${account}.blob.azure.test`, credential)
    .getContainerClient('ledger')
    .getBlobClient('up/logs/day1.bin');
  expect((await blob.downloadToBuffer()).equals(content)).toBe(true);
  await eventually(() =>
    expect(notices).toMatchObject([
      { deviceId: 'up', blobName: 'up/logs/day1.bin', blobSizeInBytes: 100_000, blobUri: blob.url },
    ]),
  );
  await service.close();
});

it('lets a device have ten uploads under way, and takes the report of none it did not begin', async () => {
  const device = await newDevice('many');
  const begun = await Promise.all(Array.from({ length: 10 }, (_, i) => device.getBlobSharedAccessSignature(`f${i}`)));
  await expect(device.getBlobSharedAccessSignature('f10')).rejects.toMatchObject({ response: { statusCode: 403 } });

  await device.notifyBlobUploadStatus(begun[0]?.correlationId ?? '', false, 500, 'failed');
  await device.getBlobSharedAccessSignature('f10');

  await expect(device.notifyBlobUploadStatus('made-up', true, 200, 'ok')).rejects.toThrow();
});

it('refuses by the service’s own code when the hub has no container', async () => {
  const bare = await createHub();
  const device = await newDevice('up', bare);

  await expect(device.getBlobSharedAccessSignature('x')).rejects.toMatchObject({
    response: { statusCode: 400 },
    responseBody: expect.stringContaining('400022') as string,
  });
});
