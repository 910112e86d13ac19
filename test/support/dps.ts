import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { IotDpsClient } from '@azure/arm-deviceprovisioningservices';
import { DefaultAzureCredential } from '@azure/identity';
import type { TestHub } from './hub';

const GROUP = 'test-hubs'; // made with the first hub
const ARM = 'https://management.azure.test';
const GLOBAL = 'https://global.azure-devices-provisioning.test';
const subscription = process.env.ARM_SUBSCRIPTION_ID ?? '';

/** How a registration ended, as the device reads it. */
export interface Outcome {
  readonly status: string;
  readonly registrationState: Readonly<Record<string, unknown>>;
}

/** A provisioning service of one's own, with the connection string of `provisioningserviceowner`. */
export interface TestDps {
  readonly name: string;
  readonly hostName: string;
  readonly idScope: string;
  readonly connectionString: string;
  /** Uploads a CA, which counts as verified. */
  addCa(name: string, pem: string): Promise<void>;
  /** Registers a device by plain HTTPS, without the SDKs' wait between polls. */
  register(registrationId: string, key: string, payload?: unknown): Promise<Outcome>;
}

/** Makes a service through the Resource Manager, with the official client. */
export async function createDps(hubs: readonly TestHub[], properties: object = {}): Promise<TestDps> {
  const { iotDpsResource, dpsCertificate } = new IotDpsClient(new DefaultAzureCredential(), subscription, {
    endpoint: ARM,
  });
  const name = `dps-${randomBytes(6).toString('hex')}`;
  const iotHubs = hubs.map(({ connectionString }) => ({ connectionString, location: 'westeurope' }));
  const description = {
    location: 'westeurope',
    sku: { name: 'S1', capacity: 1 },
    properties: { iotHubs, ...properties },
  };
  const made = await iotDpsResource.beginCreateOrUpdateAndWait(GROUP, name, description, { updateIntervalInMs: 20 });
  const { primaryKey } = await iotDpsResource.listKeysForKeyName(name, 'provisioningserviceowner', GROUP);
  const hostName = made.properties.serviceOperationsHostName ?? '';
  const idScope = made.properties.idScope ?? '';
  return {
    name,
    hostName,
    idScope,
    connectionString: `HostName=${hostName};SharedAccessKeyName=provisioningserviceowner;SharedAccessKey=${primaryKey}`,
    async addCa(certificateName, pem) {
      await dpsCertificate.createOrUpdate(GROUP, name, certificateName, {
        properties: { certificate: Buffer.from(pem), isVerified: true },
      });
    },
    register: (registrationId, key, payload) => register(idScope, registrationId, key, payload),
  };
}

/** A token as devices make it. */
export function deviceToken(idScope: string, registrationId: string, key: string): string {
  const resource = encodeURIComponent(`${idScope}/registrations/${registrationId}`);
  const expiry = Math.floor(Date.now() / 1000) + 3600;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=registration`;
}

async function register(idScope: string, registrationId: string, key: string, payload?: unknown): Promise<Outcome> {
  const url = `${GLOBAL}/${idScope}/registrations/${registrationId}`;
  const headers = { authorization: deviceToken(idScope, registrationId, key), 'content-type': 'application/json' };
  const body = JSON.stringify({ registrationId, payload });
  const begun = await fetch(`${url}/register?api-version=2021-06-01`, { method: 'PUT', headers, body });
  const operation = (await begun.json()) as Outcome & { operationId: string };
  if (!begun.ok) throw Object.assign(new Error('refused'), { status: begun.status, body: operation });
  let found: Outcome = operation;
  while (found.status === 'assigning') {
    await sleep(20);
    const polled = await fetch(`${url}/operations/${operation.operationId}?api-version=2021-06-01`, { headers });
    found = (await polled.json()) as Outcome;
  }
  return found;
}

/** The key of a group's device. */
export const derivedKey = (groupKey: string, registrationId: string): string =>
  createHmac('sha256', Buffer.from(groupKey, 'base64')).update(registrationId).digest('base64');

export const randomKey = (): string => randomBytes(32).toString('base64');
