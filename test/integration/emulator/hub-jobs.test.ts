import { randomUUID } from 'node:crypto';
import { JobClient, Registry } from 'azure-iothub';
import { Client as Device } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { eventually } from '../../support/eventually';
import { createHub, type TestHub } from '../../support/hub';

interface JobDocument {
  readonly status: string;
  readonly type: string;
  readonly deviceJobStatistics: Record<string, number>;
}

let hub: TestHub;
let jobs: JobClient;
let registry: Registry;
const open: Device[] = [];

beforeAll(async () => {
  hub = await createHub();
  jobs = JobClient.fromConnectionString(hub.connectionString);
  registry = Registry.fromConnectionString(hub.connectionString);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((device) => device.close()));
});

async function lockable(deviceId: string): Promise<void> {
  const device = Device.fromConnectionString(await hub.device(deviceId), Mqtt);
  open.push(device);
  await device.open();
  device.onDeviceMethod('lockDoor', (_request, response) => void response.send(200, 'lockDoor called successfully'));
}
const jobOf = async (id: string): Promise<JobDocument> => (await jobs.getJob(id)).jobStatus as JobDocument;
const ended = (id: string): Promise<void> => eventually(async () => expect((await jobOf(id)).status).toBe('completed'));
const method = { methodName: 'lockDoor', payload: null, responseTimeoutInSeconds: 15 };
const inAnHour = (): Date => new Date(Date.now() + 3_600_000);

it('runs a method job over connected devices, with a row for each', async () => {
  await Promise.all(['lock-1', 'lock-2'].map(lockable));
  const id = randomUUID();

  const put = await jobs.scheduleDeviceMethod(id, "deviceId IN ['lock-1', 'lock-2']", method, new Date(), 60);
  expect(put.jobStatus).toEqual({ jobId: id, type: 'scheduleDeviceMethod', status: 'queued' });
  await ended(id);

  const query = registry.createQuery(`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${id}'`);
  const { result } = (await query.next()) as { result: object[] };
  expect(result).toHaveLength(2);
  expect(result[0]).toMatchObject({
    status: 'completed',
    outcome: { deviceMethodResponse: { status: 200, payload: 'lockDoor called successfully' } },
  });
  expect((await jobOf(id)).deviceJobStatistics).toMatchObject({ deviceCount: 2, succeededCount: 2 });
});

it('runs a twin job over devices that are offline', async () => {
  await hub.device('moved');
  const id = randomUUID();
  const patch = { etag: '*', tags: { building: 43 }, properties: { desired: { floor: 3 }, reported: {} } };

  await jobs.scheduleTwinUpdate(id, "deviceId = 'moved'", patch, new Date(), 60);
  await ended(id);

  const { responseBody } = await registry.getTwin('moved');
  expect(responseBody).toMatchObject({ tags: { building: 43 }, properties: { desired: { floor: 3 } } });
});

it('has one active job on S1, refuses an id twice, and frees the place by cancelling', async () => {
  const id = randomUUID();
  await jobs.scheduleTwinUpdate(id, '*', { etag: '*', tags: {} }, inAnHour(), 60);
  expect((await jobOf(id)).status).toBe('scheduled');

  const more = jobs.scheduleTwinUpdate(randomUUID(), '*', { etag: '*', tags: {} }, new Date(), 60);
  await expect(more).rejects.toMatchObject({
    name: 'ThrottlingError',
    responseBody: expect.stringContaining('ThrottlingMaxActiveJobCountExceeded') as string,
  });
  const again = jobs.scheduleTwinUpdate(id, '*', { etag: '*', tags: {} }, new Date(), 60);
  await expect(again).rejects.toMatchObject({ responseBody: expect.stringContaining('JobAlreadyExists') as string });

  const { jobStatus } = (await jobs.cancelJob(id)) as { jobStatus: JobDocument };
  expect(jobStatus).toMatchObject({ jobId: id, status: 'cancelled' });
  await expect(jobs.cancelJob(id)).rejects.toMatchObject({
    responseBody: expect.stringContaining("Job cannot be cancelled in 'Cancelled' status.") as string,
  });
});

it('shows a job that it does not know as unknown, and cannot cancel it', async () => {
  expect(await jobOf('never-made')).toEqual({ jobId: 'never-made', type: 'unknown', status: 'unknown' });
  await expect(jobs.cancelJob('never-made')).rejects.toMatchObject({ response: { statusCode: 404 } });
});

it('lists jobs by type and status, a page at a time', async () => {
  const own = await createHub('S3');
  const client = JobClient.fromConnectionString(own.connectionString);
  for (let i = 0; i < 3; i++)
    await client.scheduleTwinUpdate(`later-${i}`, '*', { etag: '*', tags: {} }, inAnHour(), 60);
  await client.scheduleDeviceMethod('method', '*', method, inAnHour(), 60);

  const query = client.createQuery('scheduleUpdateTwin', 'scheduled', 2);
  const first = (await query.next()) as { result: { jobId: string }[] };
  const second = (await query.next(query.continuationToken)) as { result: { jobId: string }[] };

  expect([...first.result, ...second.result].map(({ jobId }) => jobId)).toEqual(['later-0', 'later-1', 'later-2']);
  expect(query.hasMoreResults).toBe(false);
});
