import { DefaultAzureCredential } from '@azure/identity';
import { Registry } from 'azure-iothub';
import { createBlobAssignments } from '../../../activities/azure/blob-assignments';
import { createIdentities } from '../../../activities/azure/identities';
import { createIotHub } from '../../../activities/azure/iot-hub';
import type { Identities } from '../../../activities/provisioning-ports';
import { deviceIdOf, hubNameOf, type RolloutId } from '../../../domain/ids';
import { createContainer } from '../../support/container';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

const SKU = { name: 'S1', units: 1 } as const;
const name = hubNameOf('main');
let test: TestHub;
let registry: Registry;
let identities: Identities;

beforeAll(async () => {
  test = await createHub();
  registry = Registry.fromConnectionString(test.connectionString);
  const { connectionString: access, hostName } = test;
  identities = createIdentities({ name, hostName, hub: createIotHub(name, SKU, access), quarantine: false, access });
});

const read = async (deviceId: string) => (await registry.get(deviceId)).responseBody;
const etagOf = async (deviceId: string): Promise<string> =>
  (await identities.identity(deviceIdOf(deviceId)))?.etag ?? '';

it('disables and enables an identity, and keeps its keys', async () => {
  await test.device('door-1');
  const before = await read('door-1');

  const disabled = await identities.setEnabled(deviceIdOf('door-1'), false, await etagOf('door-1'));
  const between = await identities.identity(deviceIdOf('door-1'));
  const enabled = await identities.setEnabled(deviceIdOf('door-1'), true, between?.etag ?? '');

  expect([disabled, enabled]).toEqual(['done', 'done']);
  expect(between).toMatchObject({ enabled: false, connected: false });
  const after = await read('door-1');
  expect(after.authentication).toEqual(before.authentication);
  expect(after.status).toBe('enabled');
});

it('keeps the thumbprints of an identity with certificates, too', async () => {
  const [primaryThumbprint, secondaryThumbprint] = ['A'.repeat(40), 'B'.repeat(40)];
  const authentication = { type: 'selfSigned', x509Thumbprint: { primaryThumbprint, secondaryThumbprint } };
  await registry.create({ deviceId: 'door-x509', authentication });

  await identities.setEnabled(deviceIdOf('door-x509'), false, await etagOf('door-x509'));

  expect(await read('door-x509')).toMatchObject({ status: 'disabled', authentication });
});

it('changes nothing of an identity that somebody else has changed, or that is gone', async () => {
  await test.device('door-2');
  const etag = await etagOf('door-2');
  await registry.update({ deviceId: 'door-2', status: 'enabled', statusReason: 'checked' });

  await expect(identities.setEnabled(deviceIdOf('door-2'), false, etag)).resolves.toBe('changed');
  await expect(identities.setEnabled(deviceIdOf('none'), false, etag)).resolves.toBe('gone');
  await expect(identities.identity(deviceIdOf('none'))).resolves.toBeUndefined();
  expect(await read('door-2')).toMatchObject({ status: 'enabled' });
});

it('removes an identity once', async () => {
  await test.device('door-3');

  await expect(identities.remove(deviceIdOf('door-3'))).resolves.toBe(true);
  await expect(identities.remove(deviceIdOf('door-3'))).resolves.toBe(false);
});

it('finds the modules of many devices, and reads and patches their twins', async () => {
  await Promise.all(['edge-1', 'edge-2', 'plain'].map((id) => test.device(id)));
  for (const moduleId of ['camera', 'filter']) await registry.addModule({ deviceId: 'edge-1', moduleId });
  await registry.addModule({ deviceId: 'edge-2', moduleId: 'camera' });

  const patched = await identities.updateModule(deviceIdOf('edge-1'), 'camera', { rate: 5 });
  const missing = await identities.updateModule(deviceIdOf('plain'), 'camera', { rate: 5 });

  expect([patched, missing]).toEqual(['merged', 'gone']);
  await eventually(async () => {
    const found = await identities.modules(['edge-1', 'edge-2', 'plain'].map(deviceIdOf));
    const ids = [...found].map(([id, modules]) => [id, modules.map(({ moduleId }) => moduleId).sort()]);
    expect(Object.fromEntries(ids)).toEqual({ 'edge-1': ['camera', 'filter'], 'edge-2': ['camera'] });
  });
  await expect(identities.module(deviceIdOf('edge-1'), 'camera')).resolves.toMatchObject({
    moduleId: 'camera',
    desired: { rate: 5 },
    reported: {},
  });
  await expect(identities.module(deviceIdOf('plain'), 'camera')).resolves.toBeUndefined();
});

it('counts the devices, and knows how many there may be', async () => {
  await test.device('counted');

  await eventually(async () => {
    const { devices, most } = await identities.capacity();
    expect(devices).toBeGreaterThan(0);
    expect(most).toBe(1_000_000);
  });
});

it('writes, replaces, reads and removes assignments, whatever the case of the registration id', async () => {
  const credential = new DefaultAzureCredential();
  const containerUrl = await createContainer(credential);
  const assignments = createBlobAssignments(containerUrl, credential);
  const assignment = { hub: 'east', rolloutId: 'move' as RolloutId, at: '2026-11-22T03:00:00.000Z' };

  await assignments.put('depot', 'Pump-1', { ...assignment, hub: 'west' });
  await assignments.put('depot', 'pump-1', assignment);

  await expect(assignments.get('depot', 'PUMP-1')).resolves.toEqual(assignment);
  await expect(assignments.get('other', 'pump-1')).resolves.toBeUndefined();
  await assignments.remove('depot', 'Pump-1');
  await assignments.remove('depot', 'pump-1');
  await expect(assignments.get('depot', 'pump-1')).resolves.toBeUndefined();
  const elsewhere = createBlobAssignments(containerUrl.replace(/[^/]+$/, 'no-such-container'), credential);
  await expect(elsewhere.put('depot', 'pump-1', assignment)).rejects.toMatchObject({ code: 'GS_LEDGER_UNAVAILABLE' });
});
