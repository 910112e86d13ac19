import { failureOf, ServiceFailure } from '../../../infra/dynamic/failures';
import { retried, type Timing } from '../../../infra/dynamic/retry';

/** A clock that only sleeping moves. */
function fakeTime(): Timing & { readonly slept: number[] } {
  let now = 0;
  const slept: number[] = [];
  return { slept, now: () => now, sleep: (ms) => Promise.resolve(slept.push(ms)).then(() => (now += ms)) };
}
const failing = (times: number, failure: ServiceFailure) => {
  let left = times;
  return () => (left-- > 0 ? Promise.reject(failure) : Promise.resolve('done'));
};
const EVER = Number.POSITIVE_INFINITY;

it('waits as long as a service that throttles says', async () => {
  const time = fakeTime();
  const throttled = new ServiceFailure(429, 'Too many requests', { retryAfterMs: 42_000 });

  expect(await retried(failing(2, throttled), {}, time)).toBe('done');
  expect(time.slept).toEqual([42_000, 42_000]);
});

it.each([
  [401, 600_000],
  [403, 600_000],
])('waits for a right that spreads, on %s, for ten minutes at the most', async (status, mostMs) => {
  const time = fakeTime();
  const refused = new ServiceFailure(status, 'Unauthorized');

  await expect(retried(failing(EVER, refused), {}, time)).rejects.toBe(refused);
  expect(time.slept).toEqual([]);
  await expect(retried(failing(EVER, refused), { waitForAccess: true }, time)).rejects.toBe(refused);
  expect(time.now()).toBeGreaterThan(mostMs - 20_000);
  expect(time.now()).toBeLessThanOrEqual(mostMs);
});

it('goes on after an outage of less than a minute, and gives up after that', async () => {
  const reset = new ServiceFailure(undefined, 'socket hang up', { code: 'ECONNRESET' });
  const time = fakeTime();

  expect(await retried(failing(3, reset), {}, fakeTime())).toBe('done');
  await expect(retried(failing(EVER, new ServiceFailure(503, 'away')), {}, time)).rejects.toThrow('away');
  expect(time.now()).toBeLessThanOrEqual(60_000);
});

it.each([400, 404, 409, 412])('does not repeat what is refused with %s', async (status) => {
  const time = fakeTime();

  await expect(retried(failing(1, new ServiceFailure(status, 'no')), {}, time)).rejects.toThrow('no');
  expect(time.slept).toEqual([]);
});

it('reads an answer: status, wait in seconds or until a date, the service’s own words', () => {
  const response = (header: string) => ({ statusCode: 429, headers: { 'retry-after': header } });
  const responseBody = '{"errorCode":429000,"message":"Too many requests."}';

  expect(failureOf({ response: response('7'), responseBody }, 0)).toMatchObject({
    status: 429,
    message: 'Too many requests. (429000)',
    details: { retryAfterMs: 7000 },
  });
  expect(failureOf({ response: response(new Date(9000).toUTCString()) }, 4000).details).toEqual({ retryAfterMs: 5000 });
  expect(failureOf({ message: 'gone', statusCode: 404, code: 'ResourceNotFound' }, 0)).toMatchObject({ status: 404 });
  expect(failureOf({ message: 'x', code: 'ENOTFOUND' }, 0)).toMatchObject({
    status: undefined,
    details: { code: 'ENOTFOUND' },
  });
});
