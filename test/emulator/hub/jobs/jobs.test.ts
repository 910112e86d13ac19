import { Hub } from '../../../../emulator/hub/hub';
import type { Device, DeviceLink } from '../../../../emulator/hub/hub-device';
import type { Json, JsonObject } from '../../../../emulator/world/json';
import { jobSpecOf } from '../../../../emulator/hub/jobs/spec';
import { runQuery } from '../../../../emulator/hub/query/run';
import type { Sku } from '../../../../emulator/hub/settings';
import { hubSettings } from '../../../../emulator/hub/settings';
import { newWorld } from '../../../../emulator/world/world';
import { FakeClock } from '../../world/fake-clock';

let clock: FakeClock;
let hub: Hub;
const hubOf = (sku: Sku, throttle = false): Hub =>
  new Hub('h', hubSettings({ sku }), newWorld({ clock }), { throttle });

beforeEach(() => {
  clock = new FakeClock();
  hub = hubOf({ name: 'S1', units: 1 });
});
afterEach(() => hub.close());

/** A device that answers each method with `status`, at once; with none it never answers. */
function online(device: Device, status?: number): string[] {
  const calls: string[] = [];
  const link: DeviceLink = {
    takesMethods: true,
    sendMethod(requestId, name) {
      calls.push(name);
      if (status !== undefined) device.answer(requestId, { status, payload: { by: device.identity.deviceId } });
    },
    sendDesired: () => undefined,
    close: () => device.disconnect(link, clock.now()),
  };
  device.connect(link, clock.now());
  device.wake();
  return calls;
}

const register = (...ids: string[]): Device[] => ids.map((deviceId) => hub.devices.create({ deviceId }));

const methodJob = (more: JsonObject = {}): Json => ({
  type: 'scheduleDeviceMethod',
  queryCondition: '*',
  maxExecutionTimeInSeconds: 100,
  cloudToDeviceMethod: { methodName: 'lockDoor', payload: null, responseTimeoutInSeconds: 10 },
  ...more,
});
const twinJob = (more: JsonObject = {}): Json => ({
  type: 'scheduleUpdateTwin',
  queryCondition: '*',
  updateTwin: { etag: '*', tags: {}, properties: { desired: { floor: 3 }, reported: {} } },
  ...more,
});
const add = (id: string, body: Json) => hub.jobs.add(jobSpecOf(id, body, clock.now()));
const refusal = (members: object): Error => expect.objectContaining(members) as Error;
const inAnHour = (): string => new Date(clock.now() + 3_600_000).toISOString();
const rows = (id: string): readonly JsonObject[] =>
  runQuery(hub.sources, `SELECT * FROM devices.jobs WHERE jobId = '${id}'`, 100, undefined).items;
const statistics = (id: string): Json | undefined => hub.jobs.require(id).view().deviceJobStatistics;

it('calls the method on each matching device and shows its own answer, whatever its status', async () => {
  const [a, b] = register('a', 'b', 'c') as [Device, Device, Device];
  const calls = [online(a, 200), online(b, 500)];
  const job = add('j', methodJob({ queryCondition: "deviceId IN ['a', 'b']" }));
  expect(job.status).toBe('queued');

  await clock.advance(10);

  expect(job.status).toBe('completed');
  expect(calls).toEqual([['lockDoor'], ['lockDoor']]);
  expect(statistics('j')).toEqual({
    deviceCount: 2,
    failedCount: 0,
    succeededCount: 2,
    runningCount: 0,
    pendingCount: 0,
  });
  expect(rows('j').map(({ deviceId, status, outcome }) => ({ deviceId, status, outcome }))).toEqual([
    { deviceId: 'a', status: 'completed', outcome: { deviceMethodResponse: { status: 200, payload: { by: 'a' } } } },
    { deviceId: 'b', status: 'completed', outcome: { deviceMethodResponse: { status: 500, payload: { by: 'b' } } } },
  ]);
});

it('waits for an offline device until the window ends, then fails it as the service does', async () => {
  register('off');
  const job = add('j', methodJob());

  await clock.advance(99_999);
  expect([job.status, rows('j')[0]?.status]).toEqual(['running', 'pending']);
  await clock.advance(1);

  expect(job.status).toBe('completed');
  expect(rows('j')).toEqual([
    {
      deviceId: 'off',
      jobId: 'j',
      jobType: 'scheduleDeviceMethod',
      status: 'failed',
      startTimeUtc: '2026-01-01T00:00:00.0000000Z',
      endTimeUtc: '2026-01-01T00:01:40.0000000Z',
      createdDateTimeUtc: '2026-01-01T00:00:00.0000000Z',
      lastUpdatedDateTimeUtc: '2026-01-01T00:01:40.0000000Z',
      outcome: {},
      error: {
        code: 'JobRunPreconditionFailed',
        description:
          'The job did not start within specified period: either device did not come online or invalid endTime specified.',
      },
    },
  ]);
});

it('calls a device once, when it comes online within the window', async () => {
  const [late] = register('late') as [Device];
  const job = add('j', methodJob());
  await clock.advance(50_000);

  const calls = online(late, 200);
  await clock.advance(10);
  online(late, 200);
  await clock.advance(100_000);

  expect(calls).toEqual(['lockDoor']);
  expect([job.status, rows('j')[0]?.status]).toEqual(['completed', 'completed']);
});

it('fails a device that does not answer in time, and one that is deleted while it is waited for', async () => {
  const [mute] = register('mute', 'gone') as [Device, Device];
  online(mute);
  const job = add('j', methodJob());

  await clock.advance(5000);
  expect(rows('j').map(({ status }) => status)).toEqual(['running', 'pending']);
  hub.devices.delete('gone', undefined);
  await clock.advance(5000);

  expect(job.status).toBe('completed');
  expect(rows('j').map(({ error }) => error)).toEqual([
    { code: 'GatewayTimeout', description: 'Timed out waiting for the response from device.' },
    { code: 'DeviceNotFound', description: 'The device is not registered any more.' },
  ]);
});

it('updates twins of devices that are offline, and fails only those whose etag differs', async () => {
  const [a] = register('a', 'b') as [Device, Device];
  hub.devices.patchTwin(a, { tags: { x: 1 } }, undefined);
  const etag = a.twin.etag;
  const job = add('j', twinJob({ updateTwin: { etag, properties: { desired: { floor: 3 } } } }));

  await clock.advance(10);

  expect(job.status).toBe('completed');
  expect(a.twin.desired).toMatchObject({ floor: 3, $version: 2 });
  expect(rows('j').map(({ status, error }) => [status, (error as JsonObject | undefined)?.code])).toEqual([
    ['completed', undefined],
    ['failed', 'PreconditionFailed'],
  ]);
});

it('resolves its devices when it starts, not when it is made', async () => {
  add('j', twinJob({ queryCondition: 'tags.ring = 1', startTime: inAnHour() }));
  const [later] = register('later') as [Device];
  hub.devices.patchTwin(later, { tags: { ring: 1 } }, undefined);

  await clock.advance(3_599_999);
  expect(hub.jobs.require('j').status).toBe('scheduled');
  await clock.advance(10);

  expect(rows('j').map(({ deviceId }) => deviceId)).toEqual(['later']);
});

it('completes at once over no device, and fails over a condition that cannot be read', async () => {
  add('none', twinJob({ queryCondition: "deviceId = 'nobody'" }));
  await clock.advance(10);
  add('bad', twinJob({ queryCondition: 'SELECT * FROM devices' }));
  await clock.advance(10);

  expect(hub.jobs.require('none').view()).toMatchObject({
    status: 'completed',
    deviceJobStatistics: { deviceCount: 0 },
  });
  expect(hub.jobs.require('bad').view()).toMatchObject({
    status: 'failed',
    failureReason: expect.stringMatching(/1:\d+/) as string,
  });
});

it('cancels what has not started, frees its place, and refuses to cancel what runs or has ended', async () => {
  register('off');
  const job = add('later', methodJob({ startTime: inAnHour() }));
  job.cancel();
  const running = add('running', methodJob());
  await clock.advance(10);

  expect(() => running.cancel()).toThrow("Job cannot be cancelled in 'Running' status.");
  expect(() => job.cancel()).toThrow("Job cannot be cancelled in 'Cancelled' status.");
  await clock.advance(3_600_000);
  expect(job.status).toBe('cancelled');
  expect(rows('later')).toEqual([]);
});

it.each([
  ['S1', 1],
  ['S2', 5],
  ['S3', 10],
] as const)('lets %s have %d active jobs, and one more once one has ended', async (name, limit) => {
  hub = hubOf({ name, units: 1 });
  for (let i = 0; i < limit; i++) add(`j${i}`, twinJob());

  expect(() => add('more', twinJob())).toThrow(refusal({ errorName: 'ThrottlingMaxActiveJobCountExceeded' }));
  await clock.advance(10);
  expect(() => add('more', twinJob())).not.toThrow();
});

it.each(['a', 'A-9', '-', 'j'.repeat(64)])('takes %s as a job id', (id) => {
  expect(() => add(id, twinJob())).not.toThrow();
});

it.each(['j'.repeat(65), 'a_b', 'a.b', 'a:b', 'a b', 'jöb', ''])('refuses %j as a job id', (id) => {
  expect(() => add(id, twinJob())).toThrow(refusal({ code: 400004 }));
});

it('refuses a job id a second time, even after the job has ended, for thirty days', async () => {
  add('j', twinJob());
  expect(() => add('j', twinJob())).toThrow(refusal({ code: 409104 }));
  await clock.advance(29 * 86_400_000);
  expect(() => add('j', twinJob())).toThrow(refusal({ code: 409104 }));
  await clock.advance(2 * 86_400_000);

  expect(() => add('j', twinJob())).not.toThrow();
});

it('paces devices to the SKU when throttled: 10 a second on S1', async () => {
  hub = hubOf({ name: 'S1', units: 1 }, true);
  register(...Array.from({ length: 30 }, (_, i) => `d${i}`));
  const job = add('j', twinJob());

  await clock.advance(1500);
  const early = statistics('j') as { succeededCount: number };
  await clock.advance(1900);

  expect(early.succeededCount).toBeGreaterThanOrEqual(10);
  expect(early.succeededCount).toBeLessThanOrEqual(20);
  expect(job.status).toBe('completed');
});

it('fails the devices that the pace did not reach within the window', async () => {
  hub = hubOf({ name: 'S1', units: 1 }, true);
  register(...Array.from({ length: 30 }, (_, i) => `d${i}`));
  const job = add('j', twinJob({ maxExecutionTimeInSeconds: 1 }));

  await clock.advance(1001);

  expect(job.status).toBe('completed');
  const { succeededCount, failedCount } = statistics('j') as Record<string, number>;
  expect(succeededCount).toBeGreaterThan(0);
  expect(failedCount).toBe(30 - (succeededCount ?? 0));
  expect(rows('j').at(-1)).toMatchObject({ status: 'failed', error: { code: 'JobRunPreconditionFailed' } });
});

it('pages the rows of several jobs, each once', async () => {
  hub = hubOf({ name: 'S3', units: 1 });
  register(...Array.from({ length: 70 }, (_, i) => `d${i}`));
  add('one', twinJob());
  add('two', twinJob());
  await clock.advance(10);

  const query = 'SELECT * FROM devices.jobs';
  const first = runQuery(hub.sources, query, 100, undefined);
  const second = runQuery(hub.sources, query, 100, first.continuation);

  expect(second.continuation).toBeUndefined();
  expect(
    new Set([...first.items, ...second.items].map(({ jobId, deviceId }) => `${jobId as string}/${deviceId as string}`))
      .size,
  ).toBe(140);
  expect(first.items).toHaveLength(100);
});

it.each([
  [{ type: 'scheduleTwinUpdate' }, /type/],
  [{ queryCondition: '' }, /queryCondition/],
  [{ startTime: 'soon' }, /startTime/],
  [{ maxExecutionTimeInSeconds: 0 }, /maxExecutionTimeInSeconds/],
  [{ updateTwin: [] }, /updateTwin must be an object/],
  [{ jobId: 'other' }, /differs/],
  [{ type: 'scheduleDeviceMethod' }, /cloudToDeviceMethod/],
  [
    { type: 'scheduleDeviceMethod', cloudToDeviceMethod: { methodName: 'm', responseTimeoutInSeconds: 4 } },
    /responseTimeoutInSeconds/,
  ],
])('refuses a job with %j', (wrong, message) => {
  expect(() => add('j', { ...(twinJob() as JsonObject), ...wrong })).toThrow(message);
});

it('goes on after a restart: rows that waited are done, a method that was out is not sent twice', async () => {
  const world = newWorld({ clock });
  const hubOf = (): Hub => new Hub('h', hubSettings({ sku: { name: 'S1', units: 1 } }), world, { throttle: false });
  const before = hubOf();
  for (const deviceId of ['out', 'waits', 'gone']) before.devices.create({ deviceId });
  const link = {
    takesMethods: true,
    sendMethod: jest.fn<undefined, [requestId: string]>(),
    sendDesired: jest.fn(),
    close: jest.fn(),
  };
  before.devices.require('out').connect(link, clock.now());
  before.jobs.add(jobSpecOf('j', methodJob(), clock.now()));
  await clock.advance(1000);
  expect(link.sendMethod).toHaveBeenCalledTimes(1);
  await before.close();
  before.devices.delete('gone', undefined);

  const after = hubOf();
  for (const deviceId of ['out', 'waits']) after.devices.require(deviceId).connect(link, clock.now());
  for (const deviceId of ['out', 'waits']) after.devices.require(deviceId).wake();
  await clock.advance(1000);

  expect(link.sendMethod).toHaveBeenCalledTimes(2);
  const [requestId] = link.sendMethod.mock.lastCall ?? [''];
  after.devices.require('waits').answer(requestId, { status: 200, payload: 'done' });
  await clock.advance(1000);
  const job = after.jobs.require('j');
  expect(job.rows.map(({ deviceId, status, error }) => [deviceId, status, error?.code])).toEqual([
    ['out', 'failed', 'GatewayTimeout'],
    ['waits', 'completed', undefined],
    ['gone', 'failed', 'DeviceNotFound'],
  ]);
  expect(job.status).toBe('completed');
  expect(hubOf().jobs.require('j').view()).toEqual(job.view());
});
