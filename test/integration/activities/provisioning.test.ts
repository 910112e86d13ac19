import { ProvisioningServiceClient } from 'azure-iot-provisioning-service';
import { allOf } from '../../../activities/pages';
import { createProvisioning } from '../../../activities/azure/provisioning';
import type { IndividualEnrollment, Provisioning } from '../../../activities/provisioning-ports';
import { createDps, derivedKey, randomKey, type TestDps } from '../../support/dps';
import { adminOfAll } from '../../support/faults';
import { createHub, type TestHub } from '../../support/hub';

let [west, east]: TestHub[] = [];
let dps: TestDps;
let service: ProvisioningServiceClient;
let provisioning: Provisioning;

const TWIN = { tags: { floor: 1 }, properties: { desired: { mode: 'calm' } } };
const MIGRATE = { updateHubAssignment: true, migrateDeviceData: true };

beforeAll(async () => {
  [west, east] = await Promise.all([createHub(), createHub()]);
  dps = await createDps([west, east]);
  service = ProvisioningServiceClient.fromConnectionString(dps.connectionString);
  provisioning = provisioningWith(dps.connectionString);
});

const provisioningWith = (connectionString: string): Provisioning =>
  createProvisioning(
    { name: dps.name, idScope: dps.idScope, endpoint: 'global.azure-devices-provisioning.test' },
    connectionString,
  );

/** Enrolls a device to the west. @returns its key */
async function enroll(registrationId: string, more: object = {}): Promise<string> {
  const primaryKey = randomKey();
  await service.createOrUpdateIndividualEnrollment({
    registrationId,
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey, secondaryKey: randomKey() } },
    initialTwin: TWIN,
    allocationPolicy: 'static',
    iotHubs: [west?.hostName],
    reprovisionPolicy: MIGRATE,
    capabilities: { iotEdge: false },
    ...more,
  } as never);
  return primaryKey;
}

const enrollment = async (registrationId: string): Promise<IndividualEnrollment> => {
  const found = await provisioning.enrollment(registrationId);
  if (found === undefined) throw new Error(`no enrollment ${registrationId}`);
  return found;
};
const toEast = ({ registrationId, etag }: Pick<IndividualEnrollment, 'registrationId' | 'etag'>) => ({
  registrationId,
  etag,
  allocationPolicy: 'static' as const,
  hubs: [east?.hostName ?? ''],
});

it('reads an enrollment, and where its device is', async () => {
  const key = await enroll('read-1', { deviceId: 'door-1' });

  await expect(provisioning.enrollment('READ-1')).resolves.toEqual({
    registrationId: 'read-1',
    deviceId: 'door-1',
    etag: expect.any(String) as string,
    enabled: true,
    allocationPolicy: 'static',
    hubs: [west?.hostName],
    reprovisionPolicy: MIGRATE,
    initialTwin: { tags: { floor: 1 }, desired: { mode: 'calm' } },
  });
  await dps.register('read-1', key);
  const registration = {
    registrationId: 'read-1',
    deviceId: 'door-1',
    assignedHub: west?.hostName,
    status: 'assigned',
    substatus: 'initialAssignment',
    updatedAt: expect.stringMatching(/^20/) as string,
  };
  await expect(provisioning.registration('read-1')).resolves.toEqual(registration);
  expect((await enrollment('read-1')).registration).toEqual(registration);
});

it('has nothing where there is nothing', async () => {
  await expect(provisioning.enrollment('none')).resolves.toBeUndefined();
  await expect(provisioning.registration('none')).resolves.toBeUndefined();
  await expect(provisioning.group('none')).resolves.toBeUndefined();
});

it('points enrollments in bulk and leaves keys, twin and capabilities as they are', async () => {
  const keys = await Promise.all(['a', 'b', 'c'].map((id) => enroll(`point-${id}`)));
  for (const [at, key] of keys.entries()) await dps.register(`point-${'abc'.charAt(at)}`, key);
  const read = await Promise.all(['a', 'b', 'c'].map((id) => enrollment(`point-${id}`)));
  const before = await service.getIndividualEnrollmentAttestationMechanism('point-a');

  const answers = await provisioning.point(read.map(toEast));

  expect(answers).toEqual(['a', 'b', 'c'].map((id) => ({ registrationId: `point-${id}`, kind: 'pointed' })));
  expect((await service.getIndividualEnrollmentAttestationMechanism('point-a')).responseBody).toEqual(
    before.responseBody,
  );
  const record = (await service.getIndividualEnrollment('point-a')).responseBody;
  expect(record).toMatchObject({ iotHubs: [east?.hostName], initialTwin: TWIN, capabilities: { iotEdge: false } });
  // The key that the device has had from the start still lets it in, and takes it to the other hub.
  const moved = await dps.register('point-a', keys[0] ?? '');
  expect(moved.registrationState).toMatchObject({ assignedHub: east?.hostName, substatus: 'deviceDataMigrated' });
});

it('points back to no policy of its own, as it was', async () => {
  await enroll('back', { allocationPolicy: undefined, iotHubs: undefined, reprovisionPolicy: undefined });
  const before = await enrollment('back');
  await provisioning.point([{ ...toEast(before), reprovisionPolicy: { ...MIGRATE, migrateDeviceData: false } }]);
  const pointed = await enrollment('back');
  const { etag } = pointed;

  await provisioning.point([
    { registrationId: 'back', etag, allocationPolicy: null, hubs: [], reprovisionPolicy: null },
  ]);

  expect(pointed).toMatchObject({ hubs: [east?.hostName], reprovisionPolicy: { migrateDeviceData: false } });
  expect({ ...(await enrollment('back')), etag: '' }).toEqual({ ...before, etag: '' });
});

it('changes nothing of an enrollment that somebody else has changed or deleted, and says so', async () => {
  await Promise.all(['same', 'changed', 'gone', 'known-gone'].map((id) => enroll(id)));
  const read = await Promise.all(['same', 'changed', 'gone', 'known-gone'].map(enrollment));
  const { responseBody } = await service.getIndividualEnrollment('changed');
  await service.createOrUpdateIndividualEnrollment({ ...responseBody, provisioningStatus: 'disabled' });
  await Promise.all(['gone', 'known-gone'].map((id) => service.deleteIndividualEnrollment(id)));

  const answers = await provisioning.point(read.map(toEast));
  const again = await provisioning.point(read.map(toEast));

  const kinds = (of: typeof answers): unknown => of.map(({ registrationId, kind }) => `${registrationId} ${kind}`);
  expect(kinds(answers)).toEqual(['same pointed', 'changed changed', 'gone gone', 'known-gone gone']);
  // Its etag is another one since it was pointed.
  expect(kinds(again)).toEqual(['same changed', 'changed changed', 'gone gone', 'known-gone gone']);
  expect(await enrollment('changed')).toMatchObject({ enabled: false, hubs: [west?.hostName] });
});

it("passes on the service's own words about a hub that is not linked, for the one enrollment only", async () => {
  await Promise.all(['fits', 'unlinked'].map((id) => enroll(id)));
  const [fits, unlinked] = await Promise.all(['fits', 'unlinked'].map(enrollment));
  if (fits === undefined || unlinked === undefined) throw new Error('both are enrolled');

  const answers = await provisioning.point([toEast(fits), { ...toEast(unlinked), hubs: ['far.azure-devices.test'] }]);

  expect(answers).toMatchObject([
    { registrationId: 'fits', kind: 'pointed' },
    {
      registrationId: 'unlinked',
      kind: 'refused',
      detail: expect.stringContaining('far.azure-devices.test') as string,
    },
  ]);
});

it('reads groups, their registrations and all enrollments, page by page', async () => {
  const groupKey = randomKey();
  await service.createOrUpdateEnrollmentGroup({
    enrollmentGroupId: 'pumps',
    attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: groupKey, secondaryKey: randomKey() } },
    allocationPolicy: 'hashed',
    iotHubs: [west?.hostName],
    provisioningStatus: 'enabled',
  } as never);
  const pumps = Array.from({ length: 3 }, (_, at) => `pump-${at}`);
  await Promise.all(pumps.map((id) => dps.register(id, derivedKey(groupKey, id))));
  const many = Array.from({ length: 12 }, (_, bulk) =>
    Array.from({ length: 10 }, (_, at) => ({
      registrationId: `many-${bulk * 10 + at}`,
      attestation: { type: 'symmetricKey' },
    })),
  );
  for (const enrollments of many) await bulkCreate(enrollments);

  const group = await provisioning.group('pumps');
  const registrations = await allOf(provisioning.registrations('pumps'));
  const enrollments = await allOf(provisioning.enrollments());

  expect(group).toMatchObject({ name: 'pumps', enabled: true, allocationPolicy: 'hashed', hubs: [west?.hostName] });
  expect((await allOf(provisioning.groups())).map(({ name }) => name)).toEqual(['pumps']);
  expect(registrations.map(({ registrationId, group, status }) => [registrationId, group, status]).sort()).toEqual(
    pumps.map((id) => [id, 'pumps', 'assigned']),
  );
  const found = enrollments.map(({ registrationId }) => registrationId).filter((id) => id.startsWith('many-'));
  expect(new Set(found).size).toBe(120);
  expect(found).toHaveLength(120);
});

/** Its promise never settles without a callback. */
const bulkCreate = (enrollments: readonly object[]): Promise<void> =>
  new Promise((resolve, reject) => {
    service.runBulkEnrollmentOperation({ mode: 'create', enrollments } as never, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });

it('says by code that the key is not right, and nothing of the key', async () => {
  const wrong = provisioningWith(dps.connectionString.replace(/SharedAccessKey=.*$/, `SharedAccessKey=${randomKey()}`));

  await expect(wrong.enrollment('any')).rejects.toMatchObject({
    code: 'GS_DPS_UNAUTHORIZED',
    message: expect.not.stringContaining('SharedAccess') as string,
    details: { provisioning: dps.name, registrationId: 'any', status: 401 },
  });
  await expect(allOf(wrong.groups())).rejects.toMatchObject({ code: 'GS_DPS_UNAUTHORIZED' });
});

it('says by code that there is no such host', async () => {
  const gone = provisioningWith(dps.connectionString.replace(/HostName=[^;]*/, 'HostName=gone.invalid'));

  await expect(gone.registration('any')).rejects.toMatchObject({ code: 'GS_DPS_UNAVAILABLE' });
});

it('rests as long as the service says when it refuses a call, and lists go on by themselves', async () => {
  const own = provisioningWith(dps.connectionString);
  await service.createOrUpdateEnrollmentGroup({
    enrollmentGroupId: 'busy',
    attestation: { type: 'symmetricKey' },
    provisioningStatus: 'enabled',
  } as never);
  const fault = { kind: 'status', status: 429, retryAfterSeconds: 1 } as const;
  await adminOfAll().addFault({ operation: 'dps.*', deviceId: 'busy', times: 2, fault });

  const startedAt = Date.now();
  await expect(own.group('busy')).rejects.toMatchObject({
    code: 'GS_DPS_THROTTLED',
    details: { provisioning: dps.name, group: 'busy', status: 429, retryAfterSeconds: 1 },
  });
  const pages = own.registrations('busy')[Symbol.asyncIterator]();
  const first = await pages.next();
  const rest = [];
  for (let page = await pages.next(); page.done !== true; page = await pages.next()) rest.push(...page.value);

  // An empty page while it rests; refused once more, and rested for again.
  expect(first).toEqual({ done: false, value: [] });
  expect(rest).toEqual([]);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(1_990);
  await expect(own.group('busy')).resolves.toMatchObject({ name: 'busy' });
});
