import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKey } from '../../../emulator/auth/keys';
import { DpsError } from '../../../emulator/dps/errors';
import { registrationResult } from '../../../emulator/dps/registration';
import { ProvisioningServices } from '../../../emulator/dps/services';
import { Hubs } from '../../../emulator/hub/hubs';
import { valuesOf } from '../../../emulator/hub/twin/merge';
import { DurableStore } from '../../../emulator/world/durable-store';
import { newWorld } from '../../../emulator/world/world';
import { deviceSas, dpsSettings, individual, linkTo, newStand, type Stand } from './stand';

const refusal = (work: () => unknown): number | undefined => {
  try {
    work();
    return undefined;
  } catch (error) {
    return error instanceof DpsError ? error.code : 0;
  }
};

/** Enrolls `door` to a hub. @returns its key */
function enroll(stand: Stand, hub: 'east' | 'west', more: object = {}): string {
  const old = stand.service.individuals.get('door');
  const body = individual('door', { iotHubs: [stand[hub].hostName], ...more });
  if (old?.attestation.type === 'symmetricKey') Object.assign(body, { attestation: { type: 'symmetricKey' } });
  const { attestation } = stand.service.individuals.put('door', body, old && '*', stand.service.settings);
  if (attestation.type !== 'symmetricKey') throw new Error('it has a key');
  return attestation.symmetricKey.primaryKey;
}
const initialTwin = { tags: { floor: 1 }, properties: { desired: { mode: 'calm' } } };
const twinIn = (stand: Stand, hub: 'east' | 'west') => {
  const twin = stand[hub].devices.get('door')?.twin;
  return twin && { tags: twin.tags, desired: valuesOf(twin.desired), reported: valuesOf(twin.reported) };
};

it('assigns a device to a hub, with its key and its initial twin', async () => {
  const stand = newStand();
  const key = enroll(stand, 'east', { initialTwin, capabilities: { iotEdge: true } });
  const credential = { sas: deviceSas('door', key), certificates: [] };
  const request = { registrationId: 'door', payload: undefined, apiVersion: '2019-03-31' };

  const begun = stand.service.registrar.register(request, credential);
  const again = stand.service.registrar.register(request, credential);
  await stand.clock.advance(stand.service.options.assignMs);

  expect(begun.status).toBe('assigning');
  expect(again.operationId).toBe(begun.operationId);
  const result = registrationResult(stand.service.registrar.poll('door', credential, begun.operationId));
  expect(result).toMatchObject({ status: 'assigned', substatus: 'initialAssignment', deviceId: 'door' });
  expect(result.assignedHub).toBe(stand.east.hostName);
  const { identity } = stand.east.devices.require('door');
  expect(identity.authentication.symmetricKey.primaryKey).toBe(key);
  expect(identity.capabilities.iotEdge).toBe(true);
  expect(twinIn(stand, 'east')).toEqual({ tags: { floor: 1 }, desired: { mode: 'calm' }, reported: {} });
});

it.each([
  ['the wrong key', () => newKey()],
  ['no key', () => ''],
])('refuses %s', (_what, keyOf) => {
  const stand = newStand();
  enroll(stand, 'east');
  const request = { registrationId: 'door', payload: undefined, apiVersion: '2019-03-31' };

  const code = refusal(() =>
    stand.service.registrar.register(request, { sas: deviceSas('door', keyOf()), certificates: [] }),
  );

  expect(code).toBe(401000);
  expect(stand.service.registrations.get('door')).toBeUndefined();
});

it('refuses a token of another device, and a device that nobody enrolled', () => {
  const stand = newStand();
  const key = enroll(stand, 'east');
  const register = (registrationId: string, sas: string | undefined) => () =>
    stand.service.registrar.register(
      { registrationId, payload: undefined, apiVersion: '2019-03-31' },
      { sas, certificates: [] },
    );

  expect(refusal(register('door', deviceSas('gate', key)))).toBe(401000);
  expect(refusal(register('gate', deviceSas('gate', key)))).toBe(401000);
  expect(refusal(register('door', undefined))).toBe(401000);
  expect(refusal(register('no/such', deviceSas('no/such', key)))).toBe(400000);
});

it('gives a device of a group the key that is derived from the group, of either key', async () => {
  const stand = newStand();
  const [primaryKey, secondaryKey] = [newKey(), newKey()];
  const attestation = { type: 'symmetricKey', symmetricKey: { primaryKey, secondaryKey } };
  stand.service.groups.put('doors', { enrollmentGroupId: 'doors', attestation }, undefined, stand.service.settings);
  const derived = (key: string): string =>
    createHmac('sha256', Buffer.from(key, 'base64')).update('Door-7').digest('base64');

  const registration = await stand.register('Door-7', derived(secondaryKey));

  expect(registrationResult(registration)).toMatchObject({ symmetricKey: { enrollmentGroupId: 'doors' } });
  const { hub = '' } = registration.assignment ?? {};
  const device = stand.hubs.get(hub.split('.')[0] ?? '')?.devices.require('Door-7');
  expect(device?.identity.authentication.symmetricKey).toEqual({
    primaryKey: derived(primaryKey),
    secondaryKey: derived(secondaryKey),
  });
});

it('moves a device with its data, and ends its old identity', async () => {
  const stand = newStand();
  const key = enroll(stand, 'east', { initialTwin });
  await stand.register('door', key);
  const device = stand.east.devices.require('door');
  stand.east.devices.patchTwin(device, { tags: { owner: 'ada' } }, undefined);
  stand.east.devices.reportTwin(device, { battery: 80 }, undefined);
  enroll(stand, 'west', { initialTwin });

  const registration = await stand.register('door', key);

  expect(registration).toMatchObject({ status: 'assigned', substatus: 'deviceDataMigrated' });
  expect(stand.east.devices.get('door')).toBeUndefined();
  expect(twinIn(stand, 'west')).toEqual({
    tags: { floor: 1, owner: 'ada' },
    desired: { mode: 'calm' },
    reported: { battery: 80 },
  });
});

it('moves a device without its data when the policy says so', async () => {
  const stand = newStand();
  const reprovisionPolicy = { updateHubAssignment: true, migrateDeviceData: false };
  const key = enroll(stand, 'east', { initialTwin, reprovisionPolicy });
  await stand.register('door', key);
  stand.east.devices.patchTwin(stand.east.devices.require('door'), { tags: { owner: 'ada' } }, undefined);
  enroll(stand, 'west', { initialTwin, reprovisionPolicy });

  const registration = await stand.register('door', key);

  expect(registration).toMatchObject({ status: 'assigned', substatus: 'deviceDataReset' });
  expect(stand.east.devices.get('door')).toBeUndefined();
  expect(twinIn(stand, 'west')).toEqual({ tags: { floor: 1 }, desired: { mode: 'calm' }, reported: {} });
});

it('resets the twin on the same hub when data is not kept', async () => {
  const stand = newStand();
  const reprovisionPolicy = { updateHubAssignment: true, migrateDeviceData: false };
  const key = enroll(stand, 'east', { initialTwin, reprovisionPolicy });
  await stand.register('door', key);
  stand.east.devices.patchTwin(stand.east.devices.require('door'), { tags: { owner: 'ada' } }, undefined);

  const registration = await stand.register('door', key);

  expect(registration.substatus).toBe('reprovisionedToInitialAssignment');
  expect(twinIn(stand, 'east')).toMatchObject({ tags: { floor: 1 }, desired: { mode: 'calm' } });
});

it('never moves a device when the policy says so, but remakes it where it was lost', async () => {
  const stand = newStand();
  const reprovisionPolicy = { updateHubAssignment: false, migrateDeviceData: true };
  const key = enroll(stand, 'east', { reprovisionPolicy });
  await stand.register('door', key);
  enroll(stand, 'west', { reprovisionPolicy });
  stand.east.devices.delete('door', undefined);

  const registration = await stand.register('door', key);

  expect(registration.assignment?.hub).toBe(stand.east.hostName);
  expect(stand.east.devices.get('door')).toBeDefined();
  expect(stand.west.devices.get('door')).toBeUndefined();
});

it('keeps an old device where it is as long as nobody set a policy', async () => {
  const stand = newStand();
  const key = enroll(stand, 'east');
  await stand.register('door', key);
  enroll(stand, 'west');

  const old = await stand.register('door', key, { apiVersion: '2018-04-01' });
  const fresh = await stand.register('door', key, { apiVersion: '2018-11-01' });

  expect(old.assignment?.hub).toBe(stand.east.hostName);
  expect(fresh.assignment?.hub).toBe(stand.west.hostName);
});

it('refuses the devices of a disabled enrollment', async () => {
  const stand = newStand();
  const key = enroll(stand, 'east', { provisioningStatus: 'disabled' });

  const registration = await stand.register('door', key);

  expect(registration.status).toBe('disabled');
  expect(stand.east.devices.get('door')).toBeUndefined();
});

it.each([
  [
    'has another key',
    { connectionString: 'HostName=east.azure-devices.test;SharedAccessKeyName=iothubowner;SharedAccessKey=eA==' },
    401002,
  ],
  [
    'is gone',
    { connectionString: 'HostName=gone.azure-devices.test;SharedAccessKeyName=iothubowner;SharedAccessKey=eA==' },
    404000,
  ],
])('fails when the linked hub %s, and says why', async (_what, link, code) => {
  const stand = newStand();
  const key = enroll(stand, 'east');
  stand.service.settings = dpsSettings([linkTo(stand.east, link), linkTo(stand.west)]);

  const registration = await stand.register('door', key);

  expect(registration).toMatchObject({ status: 'failed', errorCode: code });
  if (code === 401002) {
    expect(JSON.parse(registration.errorMessage ?? '')).toMatchObject({
      Message: 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized',
    });
  }
});

it('fails when the link may not do all that it takes, and leaves the device where it was', async () => {
  const stand = newStand();
  const key = enroll(stand, 'east');
  await stand.register('door', key);
  const weak = stand.west.settings.policies.find(({ keyName }) => keyName === 'registryReadWrite');
  const connectionString = `HostName=${stand.west.hostName};SharedAccessKeyName=registryReadWrite;SharedAccessKey=${weak?.primaryKey ?? ''}`;
  stand.service.settings = dpsSettings([linkTo(stand.east), linkTo(stand.west, { connectionString })]);
  enroll(stand, 'west');

  const registration = await stand.register('door', key);

  expect(registration).toMatchObject({ status: 'failed', errorCode: 401002 });
  expect(stand.east.devices.get('door')).toBeDefined();
  expect(registrationResult(registration).assignedHub).toBeUndefined();
});

it('goes on after a restart: with what it knows, and with what it was doing', async () => {
  const stand = newStand();
  const key = enroll(stand, 'east');
  const credential = { sas: deviceSas('door', key), certificates: [] };
  const { operationId } = stand.service.registrar.register(
    { registrationId: 'door', payload: undefined, apiVersion: '2019-03-31' },
    credential,
  );
  stand.services.close();
  await stand.clock.advance(60_000);
  const hubs = new Hubs({ throttle: false }, stand.world);

  const revived = new ProvisioningServices(hubs, stand.world).ofIdScope('0NE00000001');
  await stand.clock.advance(1);

  expect(revived?.registrar.poll('door', credential, operationId)).toMatchObject({ status: 'assigned' });
  expect(hubs.get('east')?.devices.get('door')).toBeDefined();
});

it('keeps everything in a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dps-'));
  const store = new DurableStore(folder);
  const stand = newStand({}, { store });
  const key = enroll(stand, 'east', { initialTwin });
  const before = await stand.register('door', key);
  const enrollment = stand.service.individuals.get('door');
  stand.services.close();
  await store.close();

  const again = new DurableStore(folder);
  const world = newWorld({ clock: stand.clock, store: again });
  const service = new ProvisioningServices(new Hubs({ throttle: false }, world), world).get('depot');

  expect(service?.settings).toEqual(stand.service.settings);
  expect(service?.individuals.get('door')).toEqual(enrollment);
  expect(service?.registrations.get('door')).toEqual(before);
  await again.close();
  await rm(folder, { recursive: true });
});

it('forgets everything of a service that is deleted', () => {
  const stand = newStand();
  enroll(stand, 'east');

  stand.services.delete('DEPOT');

  expect(stand.services.ofIdScope('0ne00000001')).toBeUndefined();
  expect(stand.world.store.names().filter((name) => /^(dps|provisioning)/.test(name))).toEqual([]);
});

it('takes only so many polls of a device, where limits count', async () => {
  const stand = newStand({ throttle: true });
  const key = enroll(stand, 'east');
  const credential = { sas: deviceSas('door', key), certificates: [] };
  const { operationId } = await stand.register('door', key);
  const poll = (): unknown => stand.service.registrar.poll('door', credential, operationId);

  const codes = Array.from({ length: 5 }, () => refusal(poll));
  await stand.clock.advance(10_000);

  expect(codes).toEqual([undefined, undefined, undefined, undefined, 429000]);
  expect(refusal(poll)).toBeUndefined();
});
