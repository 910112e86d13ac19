import { DefaultAzureCredential } from '@azure/identity';
import { ProvisioningDeviceClient, type RegistrationResult } from 'azure-iot-provisioning-device';
import { Mqtt } from 'azure-iot-provisioning-device-mqtt';
import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';
import { Registry } from 'azure-iothub';
import { createBlobAssignments } from '../../../activities/azure/blob-assignments';
import type { Assignments } from '../../../activities/provisioning-ports';
import type { RolloutId } from '../../../domain/ids';
import { createBlobStore } from '../../../functions/allocation/blob-store';
import type { AssignmentStore } from '../../../functions/allocation/store';
import { createContainer } from '../../support/container';
import { createDps, derivedKey, randomKey, type TestDps } from '../../support/dps';
import { createHub, type TestHub } from '../../support/hub';
import { startWebhook, type TestWebhook } from '../../support/webhook';

const GROUP = 'doors';
const ROLLOUT = 'move-1' as RolloutId;
const groupKey = randomKey();
let west: TestHub;
let east: TestHub;
let dps: TestDps;
let service: ProvisioningServiceClient;
let assignments: Assignments;
let blobs: AssignmentStore;
/** What the webhook reads from. */
let store: AssignmentStore;
let webhook: TestWebhook;

const enroll = (enrollmentGroupId: string, primaryKey: string, webhookUrl: string) =>
  service.createOrUpdateEnrollmentGroup({
    enrollmentGroupId,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey, secondaryKey: randomKey() } },
    allocationPolicy: 'custom',
    customAllocationDefinition: { webhookUrl, apiVersion: '2021-10-01' },
    reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: true },
  } as never);

beforeAll(async () => {
  const credential = new DefaultAzureCredential();
  [west, east] = await Promise.all([createHub(), createHub()]);
  dps = await createDps([west, east]);
  service = ProvisioningServiceClient.fromConnectionString(dps.connectionString);
  const containerUrl = await createContainer(credential);
  assignments = createBlobAssignments(containerUrl, credential);
  blobs = createBlobStore(containerUrl, credential);
  webhook = await startWebhook({
    service: dps.name,
    store: { read: (path, signal) => store.read(path, signal) },
    newDevices: { [west.hostName]: 1 },
  });
  await enroll(GROUP, groupKey, webhook.url);
});
beforeEach(() => {
  store = blobs;
});
afterAll(() => webhook.close());

/** By the official SDK. @returns the host name of the hub that it is given */
async function register(id: string): Promise<string> {
  const security = new SymmetricKeySecurityClient(id, derivedKey(groupKey, id));
  const client = ProvisioningDeviceClient.create(
    'global.azure-devices-provisioning.test',
    dps.idScope,
    new Mqtt(),
    security as never, // their packages each bring their own types
  );
  return ((await client.register()) as RegistrationResult).assignedHub; // typed as one that may give nothing
}

const assign = (id: string, hub: TestHub) =>
  assignments.put(dps.name, id, { hub: hub.hostName, rolloutId: ROLLOUT, at: new Date().toISOString() });
const isOn = (hub: TestHub, id: string): Promise<boolean> =>
  Registry.fromConnectionString(hub.connectionString)
    .get(id)
    .then(
      () => true,
      () => false,
    );

it('moves a device by its assignment and no other, and lets it stay there when the assignment is gone', async () => {
  const [moved, other] = ['door-1', 'door-2'];
  expect(await Promise.all([register(moved), register(other)])).toEqual([west.hostName, west.hostName]);

  await assign(moved, east);
  const during = await Promise.all([register(moved), register(other)]);
  await assignments.remove(dps.name, moved);
  const after = await dps.register(moved, derivedKey(groupKey, moved));

  expect(during).toEqual([east.hostName, west.hostName]);
  expect(after.registrationState).toMatchObject({ assignedHub: east.hostName });
  expect([await isOn(west, moved), await isOn(east, moved)]).toEqual([false, true]);
  expect(webhook.entries.at(-1)).toMatchObject({ registrationId: moved, group: GROUP, answer: { because: 'current' } });
  expect(JSON.stringify(webhook.entries)).not.toContain(groupKey);
});

it('says 503 while the store is down: the registration fails, and the device stays where it is', async () => {
  const id = 'door-3';
  await dps.register(id, derivedKey(groupKey, id));
  await assign(id, east);
  store = createBlobStore('https://127.0.0.1:1/nobody', new DefaultAzureCredential());

  const refused = await dps.register(id, derivedKey(groupKey, id));

  expect(refused).toMatchObject({
    status: 'failed',
    registrationState: { errorCode: 400207, errorMessage: 'Custom allocation failed with status code: 503' },
  });
  expect([await isOn(west, id), await isOn(east, id)]).toEqual([true, false]);
  store = blobs;
  expect(await dps.register(id, derivedKey(groupKey, id))).toMatchObject({
    status: 'assigned',
    registrationState: { assignedHub: east.hostName },
  });
});

it('says 503 where it may not read the assignments, or where their container is missing', async () => {
  const id = 'door-4';
  const credential = new DefaultAzureCredential();
  const { origin, pathname } = new URL(await createContainer(credential));

  for (const url of [`${origin}/no-such-container`, `https://nobody.blob.azure.test${pathname}`]) {
    store = createBlobStore(url, credential);
    const { registrationState } = await dps.register(id, derivedKey(groupKey, id));
    expect(registrationState).toMatchObject({ errorMessage: 'Custom allocation failed with status code: 503' });
  }
  expect([await isOn(west, id), await isOn(east, id)]).toEqual([false, false]);
});

it('refuses who does not know its key', async () => {
  const key = randomKey();
  await enroll('strangers', key, webhook.url.replace(/code=.*/, 'code=guessed'));
  const asked = webhook.entries.length;

  const refused = await dps.register('door-5', derivedKey(key, 'door-5'));

  expect(refused.registrationState).toMatchObject({ errorMessage: 'Custom allocation failed with status code: 401' });
  expect(webhook.entries).toHaveLength(asked);
});
