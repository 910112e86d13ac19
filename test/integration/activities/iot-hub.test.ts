import type { Hub } from '../../../activities/ports';
import { allOf } from '../../../activities/pages';
import { createIotHub } from '../../../activities/azure/iot-hub';
import { type DeviceId, deviceIdOf, hubNameOf, type JobId } from '../../../domain/ids';
import type { HubJob } from '../../../domain/outcome';
import type { Action } from '../../../domain/spec';
import { Registry } from 'azure-iothub';
import { Agent } from '../../../device/agent';
import { Fleet } from '../../../device/fleet';
import { lockDoor as locking } from '../../../device/methods';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

const DOORS = 230;
const lockDoor: Action = { kind: 'method', name: 'lockDoor', payload: { lockTime: '10m' }, responseTimeoutMs: 5_000 };
const SKU = { name: 'S1', units: 1 } as const;
const ids = (...names: string[]): DeviceId[] => names.map(deviceIdOf);
const jobId = (text: string) => text as JobId;

let test: TestHub;
let hub: Hub;
let fleet: Fleet;

beforeAll(async () => {
  test = await createHub();
  hub = createIotHub(hubNameOf('main'), SKU, test.connectionString);
  const quiet = () => undefined;
  fleet = new Fleet({
    hub: test,
    count: DOORS,
    prefix: 'door-',
    tags: { building: 42 },
    delayMs: 0,
    failShare: 0.1,
    offlineShare: 0.9,
    onProgress: quiet,
    onProblem: quiet,
  });
  await fleet.start();
});
afterAll(() => fleet.stop());

const ended = async (id: JobId): Promise<HubJob> => {
  let job: HubJob | undefined;
  await eventually(async () => {
    job = await hub.findJob(id);
    expect(['completed', 'failed', 'cancelled']).toContain(job?.status);
  });
  return job as HubJob;
};

it('reads every page of a membership query once, and who is connected', async () => {
  const devices = await allOf(hub.devices('tags.building = 42'));

  expect(new Set(devices.map(({ deviceId }) => deviceId)).size).toBe(DOORS);
  expect(devices).toHaveLength(DOORS);
  expect(devices.filter(({ connected }) => connected)).toHaveLength(DOORS - Math.round(DOORS * 0.9));
});

it('reads all devices for *', async () => expect(await allOf(hub.devices('*'))).toHaveLength(DOORS));

it("passes on the hub's own words about a condition that it does not accept", async () => {
  await expect(allOf(hub.devices('tags.building ='))).rejects.toMatchObject({
    code: 'GS_QUERY_INVALID',
    details: { hub: 'main', where: 'tags.building =', status: 400 },
  });
});

it("runs a method job and reads each device's own answer", async () => {
  const connected = (await allOf(hub.devices('*')))
    .filter((device) => device.connected)
    .map(({ deviceId }) => deviceId);
  const id = jobId('lock-doors-w1-b1-a1');

  await expect(hub.scheduleJob({ jobId: id, action: lockDoor, deviceIds: connected, timeoutMs: 60_000 })).resolves.toBe(
    'scheduled',
  );
  const job = await ended(id);
  const rows = await allOf(hub.jobRows(id));

  expect(job).toMatchObject({
    status: 'completed',
    answered: connected.length,
    endedAt: expect.stringMatching(/^20/) as string,
  });
  expect(rows.map(({ deviceId }) => deviceId).sort()).toEqual([...connected].sort());
  expect(new Set(rows.map(({ response }) => response?.status))).toEqual(new Set([200, 500]));
});

it('finds that a job exists, and does not submit it again', async () => {
  const request = { jobId: jobId('twice'), action: lockDoor, deviceIds: ids('nobody'), timeoutMs: 60_000 };
  await hub.scheduleJob(request);
  await ended(request.jobId);

  await expect(hub.scheduleJob(request)).resolves.toBe('exists');
});

it('knows no job that was never submitted, and can cancel it without harm', async () => {
  await expect(hub.findJob(jobId('never'))).resolves.toBeUndefined();
  await expect(hub.cancelJob(jobId('never'))).resolves.toBeUndefined();
});

it('is told to wait while the hub runs as many jobs as its SKU allows, and cannot cancel the one that runs', async () => {
  const connectionString = await test.device('late-door');
  const waiting = {
    jobId: jobId('waits-for-a-device'),
    action: lockDoor,
    deviceIds: ids('late-door'),
    timeoutMs: 3_600_000,
  };
  await hub.scheduleJob(waiting);
  await eventually(async () => expect(await hub.findJob(waiting.jobId)).toMatchObject({ status: 'running' }));

  await expect(hub.scheduleJob({ ...waiting, jobId: jobId('comes-later') })).resolves.toBe('busy');
  await expect(hub.cancelJob(waiting.jobId)).resolves.toBeUndefined();

  const agent = new Agent({ connectionString, methods: { lockDoor: locking }, onProblem: () => undefined });
  await agent.start();
  await ended(waiting.jobId);
  await agent.stop();
  await Registry.fromConnectionString(test.connectionString).delete('late-door');
});

it('is told which device did not come within the time of a job', async () => {
  const [away] = (await allOf(hub.devices('*'))).filter(({ connected }) => !connected);
  const id = jobId('waits-in-vain');
  const deviceIds = away ? [away.deviceId] : [];

  await hub.scheduleJob({ jobId: id, action: lockDoor, deviceIds, timeoutMs: 1_000 });
  await ended(id);

  await expect(allOf(hub.jobRows(id))).resolves.toMatchObject([
    { status: 'failed', error: { code: 'JobRunPreconditionFailed' } },
  ]);
});

it('updates twins by a job and reads back what devices report', async () => {
  const connected = (await allOf(hub.devices('*')))
    .filter((device) => device.connected)
    .map(({ deviceId }) => deviceId);
  const id = jobId('move-in-w1-b1-a1');
  const action: Action = { kind: 'twin', etag: '*', tags: { floor: 3 }, desired: { building: 43 } };

  await hub.scheduleJob({ jobId: id, action, deviceIds: connected, timeoutMs: 60_000 });
  await ended(id);

  await eventually(async () => {
    const twins = await Promise.all(connected.map((deviceId) => hub.twin(deviceId)));
    for (const twin of twins) expect(twin).toMatchObject({ connected: true, reported: { building: 43 } });
  });
  await expect(allOf(hub.devices('tags.floor = 3'))).resolves.toHaveLength(connected.length);
});

it('says that the hub refused the key, and shows nothing of it', async () => {
  const key = 'd3JvbmctZ3JvdW5kc3dlbGwta2V5LXdyb25nLWtleQ==';
  const wrong = test.connectionString.replace(/SharedAccessKey=.*/, `SharedAccessKey=${key}`);
  const refused = createIotHub(hubNameOf('main'), SKU, wrong);

  const error: unknown = await refused.findJob(jobId('any')).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ code: 'GS_HUB_UNAUTHORIZED', details: { status: 401 } });
  expect(JSON.stringify(error) + String(error)).not.toContain(key);
});

it('says that a hub cannot be reached', async () => {
  const nowhere = test.connectionString.replace(test.hostName, 'no-such-hub-here.invalid');

  await expect(createIotHub(hubNameOf('main'), SKU, nowhere).findJob(jobId('any'))).rejects.toMatchObject({
    code: 'GS_HUB_UNAVAILABLE',
  });
});
