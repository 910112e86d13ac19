import { randomBytes } from 'node:crypto';
import { IotDpsClient } from '@azure/arm-deviceprovisioningservices';
import { DefaultAzureCredential } from '@azure/identity';
import type { TestHub } from './hub';

const ENDPOINT = 'https://management.azure.test';
const GROUP = 'test-hubs'; // the one that createHub makes
const OWNER = 'provisioningserviceowner';

/** A provisioning service of one's own, linked to one hub. */
export interface TestProvisioning {
  readonly idScope: string;
  readonly connectionString: string;
}

/** Makes one through the Resource Manager, with the official client. */
export async function createProvisioning(hub: TestHub): Promise<TestProvisioning> {
  const client = new IotDpsClient(new DefaultAzureCredential(), process.env['ARM_SUBSCRIPTION_ID'] ?? '', {
    endpoint: ENDPOINT,
  });
  const name = `dps-${randomBytes(6).toString('hex')}`;
  const { properties } = await client.iotDpsResource.beginCreateOrUpdateAndWait(
    GROUP,
    name,
    {
      location: 'westeurope',
      sku: { name: 'S1', capacity: 1 },
      properties: { iotHubs: [{ connectionString: hub.connectionString, location: 'westeurope' }] },
    },
    { updateIntervalInMs: 20 },
  );
  const { primaryKey } = await client.iotDpsResource.listKeysForKeyName(name, OWNER, GROUP);
  const host = properties.serviceOperationsHostName ?? '';
  return {
    idScope: properties.idScope ?? '',
    connectionString: `HostName=${host};SharedAccessKeyName=${OWNER};SharedAccessKey=${primaryKey}`,
  };
}
