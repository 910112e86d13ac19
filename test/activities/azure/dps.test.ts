import { callingDps } from '../../../activities/azure/dps-faults';
import { unlessMissing } from '../../../activities/azure/hub-faults';
import { DpsPace } from '../../../activities/azure/dps-pace';
import { individualOf, pointed, registrationOf } from '../../../activities/azure/dps-records';

afterEach(() => jest.useRealTimers());

/** As azure-iot-provisioning-service throws it. */
const refusal = (statusCode: number, more: { retryAfter?: string; body?: object } = {}) =>
  Object.assign(new Error('refused'), {
    response: { statusCode, headers: more.retryAfter === undefined ? {} : { 'retry-after': more.retryAfter } },
    responseBody: JSON.stringify(more.body ?? {}),
  });

const failing = (error: unknown) => callingDps({ provisioning: 'dps' }, () => Promise.reject(error as Error));

it.each([
  [401, 'GS_DPS_UNAUTHORIZED'],
  [403, 'GS_DPS_UNAUTHORIZED'],
  [429, 'GS_DPS_THROTTLED'],
  [408, 'GS_DPS_UNAVAILABLE'],
  [503, 'GS_DPS_UNAVAILABLE'],
  [400, 'GS_DPS_REFUSED'],
  [409, 'GS_DPS_REFUSED'],
])("makes an answer of %i the fault %s, with the service's own words", async (status, code) => {
  const body = { errorCode: status * 1_000, message: 'no', trackingId: 't' };

  await expect(failing(refusal(status, { body }))).rejects.toMatchObject({
    code,
    details: { provisioning: 'dps', status, reason: `no (${status * 1_000})` },
  });
});

it('passes on how long the service wants to rest, and says what came where no answer did', async () => {
  await expect(failing(refusal(429, { retryAfter: '17' }))).rejects.toMatchObject({
    details: { retryAfterSeconds: 17 },
  });
  await expect(failing(new Error('getaddrinfo ENOTFOUND'))).rejects.toMatchObject({
    code: 'GS_DPS_UNAVAILABLE',
    details: { reason: 'getaddrinfo ENOTFOUND' },
  });
  await expect(unlessMissing(Promise.reject(refusal(404)))).resolves.toBeUndefined();
  await expect(unlessMissing(Promise.reject(refusal(403)))).rejects.toThrow('refused');
});

it('gives up a call that gets no answer', async () => {
  const call = callingDps({ provisioning: 'dps' }, () => new Promise(() => undefined), 10);

  await expect(call).rejects.toMatchObject({
    code: 'GS_DPS_UNAVAILABLE',
    details: { reason: 'no answer within 0.01 s' },
  });
});

it('lets no more calls through in any minute than the service allows', async () => {
  // The bucket's clock is performance.now.
  jest.useFakeTimers({ now: 0 });
  const pace = new DpsPace();
  const at: number[] = [];
  for (let call = 0; call < 3_000; call += 1) void pace.take().then(() => at.push(Date.now()));

  await jest.advanceTimersByTimeAsync(180_000);
  jest.useRealTimers();

  const most = Math.max(...at.map((from) => at.filter((each) => each >= from && each < from + 60_000).length));
  expect(most).toBeLessThanOrEqual(1_000);
  expect(at.length).toBeGreaterThan(2_500);
});

it('lets nobody through while the service wants to rest, and then goes on', async () => {
  jest.useFakeTimers({ now: 0 });
  const slept: number[] = [];
  const pace = new DpsPace((ms) => {
    slept.push(ms);
    jest.setSystemTime(Date.now() + ms);
    return Promise.resolve();
  });
  pace.rest(20);
  pace.rest(5);

  const before = pace.quietMs;
  await pace.take();
  await pace.ready(10);
  jest.useRealTimers();

  expect(before).toBe(20_000);
  expect(slept).toEqual([20_000]);
});

it('reads what the service leaves out, or gives as null', () => {
  expect(
    individualOf({ registrationId: 'r', deviceId: '', etag: 'e', iotHubs: null, iotHubHostName: 'w.host' }),
  ).toEqual({
    registrationId: 'r',
    deviceId: 'r',
    etag: 'e',
    enabled: true,
    hubs: ['w.host'],
  });
  expect(
    individualOf({
      registrationId: 'r',
      etag: 'e',
      reprovisionPolicy: { migrateDeviceData: false },
      registrationState: { registrationId: 'r', status: 'unassigned' },
    }),
  ).toMatchObject({ reprovisionPolicy: { updateHubAssignment: true, migrateDeviceData: false } });
  expect(
    registrationOf({ registrationId: 'r', status: 'failed', errorCode: 400_207, errorMessage: 'the webhook said no' }),
  ).toMatchObject({ status: 'failed', error: 'the webhook said no (400207)' });
});

it('sends a record back as it was read, but for where it points and what only the service writes', () => {
  const record = {
    registrationId: 'r',
    etag: 'e',
    optionalDeviceInformation: { serial: 7 },
    registrationState: { registrationId: 'r', status: 'assigned' },
    createdDateTimeUtc: 'then',
    iotHubHostName: 'w.host',
    reprovisionPolicy: { updateHubAssignment: true },
  } as const;

  expect(pointed(record, { registrationId: 'r', etag: 'e', allocationPolicy: 'static', hubs: ['e.host'] })).toEqual({
    registrationId: 'r',
    etag: 'e',
    optionalDeviceInformation: { serial: 7 },
    iotHubHostName: null,
    iotHubs: ['e.host'],
    allocationPolicy: 'static',
    reprovisionPolicy: { updateHubAssignment: true },
  });
});
