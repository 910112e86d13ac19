import { randomBytes } from 'node:crypto';
import { IotHubClient, type IotHubProperties } from '@azure/arm-iothub';
import { DefaultAzureCredential } from '@azure/identity';
import { Registry } from 'azure-iothub';

const GROUP = 'test-hubs';
const ARM = 'https://management.azure.test';
const subscription = process.env.ARM_SUBSCRIPTION_ID ?? '';

/** A hub of one's own, with the connection string of `iothubowner`. */
export interface TestHub {
  readonly name: string;
  readonly hostName: string;
  readonly connectionString: string;
  /** The connection string of another policy. */
  policy(keyName: string): Promise<string>;
  /** Registers a device. @returns its connection string */
  device(deviceId: string): Promise<string>;
  /** Adds a verified CA certificate. @param pem its text */
  trust(name: string, pem: string): Promise<void>;
}

/** Makes a hub through the Resource Manager, with the official client. */
export async function createHub(
  sku: 'S1' | 'S2' | 'S3' | 'B1' = 'S1',
  properties: IotHubProperties = {},
): Promise<TestHub> {
  const credential = new DefaultAzureCredential();
  const { token } = await credential.getToken(`${ARM}/.default`);
  await fetch(`${ARM}/subscriptions/${subscription}/resourceGroups/${GROUP}?api-version=2024-03-01`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ location: 'westeurope' }),
  });
  const { iotHubResource, certificates } = new IotHubClient(credential, subscription, { endpoint: ARM });
  const name = `hub-${randomBytes(6).toString('hex')}`;
  const description = { location: 'westeurope', sku: { name: sku, capacity: 1 }, properties };
  await iotHubResource.beginCreateOrUpdateAndWait(GROUP, name, description, { updateIntervalInMs: 20 });
  const hostName = `${name}.azure-devices.test`;
  const policy = async (keyName: string): Promise<string> => {
    const { primaryKey } = await iotHubResource.getKeysForKeyName(GROUP, name, keyName);
    return `HostName=${hostName};SharedAccessKeyName=${keyName};SharedAccessKey=${primaryKey}`;
  };
  const connectionString = await policy('iothubowner');
  const registry = Registry.fromConnectionString(connectionString);
  return {
    name,
    hostName,
    connectionString,
    policy,
    async trust(certificateName, pem) {
      const certificate = Buffer.from(pem).toString('base64');
      const description = { properties: { certificate, isVerified: true } };
      await certificates.createOrUpdate(GROUP, name, certificateName, description);
    },
    async device(deviceId) {
      const { responseBody } = await registry.create({ deviceId });
      return `HostName=${hostName};DeviceId=${deviceId};SharedAccessKey=${responseBody.authentication?.symmetricKey?.primaryKey}`;
    },
  };
}
