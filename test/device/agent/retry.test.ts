import { Course } from '../../../device/agent/course';
import { type Failure, failureOf, StatusError } from '../../../device/agent/failure';
import { decide, restOf, type Standing } from '../../../device/agent/retry';

const failure = (kind: Failure['kind'], retryAfterMs?: number): Failure => ({
  ...{ kind, message: 'no' },
  ...(retryAfterMs !== undefined && { retryAfterMs }),
});
const standing = (more: Partial<Standing>): Standing => ({
  ...{ step: 'connect', attempt: 0, unanswered: 1, hasHome: true, refusedAtHome: false },
  ...more,
});

it.each<[string, Partial<Standing>, Failure, object]>([
  ['connect 429', {}, failure('throttled', 7000), { next: 'connect', leastMs: 7000, mostMs: 14_000 }],
  ['connect 429, silent', {}, failure('throttled'), { next: 'connect', leastMs: 5000, mostMs: 10_000 }],
  ['connect 5xx', {}, failure('serverError'), { next: 'connect', leastMs: 5000, mostMs: 10_000 }],
  ['connect 5xx, third', { attempt: 2 }, failure('serverError'), { next: 'connect', leastMs: 5000, mostMs: 40_000 }],
  ['connect 5xx, 99th', { attempt: 98 }, failure('serverError'), { next: 'connect', leastMs: 5000, mostMs: 900_000 }],
  ['connect 503 + Retry-After', {}, failure('serverError', 60_000), { leastMs: 60_000, mostMs: 120_000 }],
  ['connect 401', {}, failure('refused'), { next: 'register', leastMs: 0, mostMs: 5000 }],
  ['connect 401 again', { attempt: 3 }, failure('refused'), { next: 'register', leastMs: 0, mostMs: 40_000 }],
  ['no answer', {}, failure('unanswered'), { next: 'connect', leastMs: 5000 }],
  ['no answer, third', { unanswered: 3 }, failure('unanswered'), { next: 'register', leastMs: 5000 }],
  ['lookup 401', { step: 'lookup' }, failure('refused'), { next: 'register', leastMs: 0, mostMs: 0 }],
  ['lookup 503', { step: 'lookup' }, failure('serverError'), { next: 'connect', leastMs: 0, mostMs: 0 }],
  [
    'lookup 503, homeless',
    { step: 'lookup', hasHome: false },
    failure('serverError'),
    { next: 'lookup', leastMs: 5000 },
  ],
  ['register 429', { step: 'register' }, failure('throttled', 30_000), { next: 'register', leastMs: 30_000 }],
  ['register 503', { step: 'register' }, failure('serverError'), { next: 'register', leastMs: 5000 }],
  ['register 401', { step: 'register' }, failure('refused'), { next: 'connect', leastMs: 5000 }],
  ['register 401, refused', { step: 'register', refusedAtHome: true }, failure('refused'), { next: 'register' }],
  ['register, no answer', { step: 'register' }, failure('unanswered'), { next: 'connect' }],
  ['register, homeless', { step: 'register', hasHome: false }, failure('unanswered'), { next: 'register' }],
])('decides what follows %s', (_name, where, what, expected) => {
  expect(decide(standing(where), what)).toMatchObject(expected);
});

it('draws the rest from the whole range', () => {
  const range = { leastMs: 5000, mostMs: 10_000 };

  expect([0, 0.5, 1].map((random) => restOf(range, random))).toEqual([5000, 7500, 10_000]);
});

const status = (statusCode: number, headers = {}): StatusError => new StatusError('told', { statusCode, headers });
const named = (name: string): Error => Object.assign(new Error('told'), { name });

it.each<[string, unknown, Partial<Failure>]>([
  ['429', status(429, { 'retry-after': '9' }), { kind: 'throttled', status: 429, retryAfterMs: 9000 }],
  ['429 without a number', status(429, { 'retry-after': 'soon' }), { kind: 'throttled', status: 429 }],
  ['500', status(500), { kind: 'serverError', status: 500 }],
  ['404', status(404), { kind: 'refused', status: 404 }],
  ['MQTT 5', named('UnauthorizedError'), { kind: 'refused' }],
  ['MQTT 3', named('ServiceUnavailableError'), { kind: 'serverError' }],
  ['MQTT.js 5', Object.assign(new Error('told'), { code: 5 }), { kind: 'refused' }],
  ['MQTT.js 3', Object.assign(new Error('told'), { code: 3 }), { kind: 'serverError' }],
  ['no network', Object.assign(new Error('told'), { code: 'ENOTFOUND' }), { kind: 'unanswered' }],
  ['disabled', Object.assign(new SyntaxError('told'), { result: { status: 'disabled' } }), { kind: 'refused' }],
  ['undefined', undefined, { kind: 'unanswered', message: 'undefined' }],
])('reads an error: %s', (_name, error, expected) => {
  expect(failureOf(error)).toEqual({ message: 'told', ...expected });
});

it('takes a registration that failed for the trouble of the service, and says which', () => {
  const registrationState = { errorCode: 400207, errorMessage: 'Custom allocation failed' };
  // Over HTTPS the SDK hands over the response as well.
  const error = Object.assign(new Error('registration failed'), {
    response: { statusCode: 200, headers: {} },
    result: { status: 'failed', registrationState },
  });

  expect(failureOf(error)).toEqual({
    kind: 'serverError',
    message: 'registration failed: 400207 Custom allocation failed',
  });
});

describe('a course', () => {
  it('goes back to the provisioning service after a refusal, and says why', () => {
    const course = new Course(true);
    course.found(true);

    course.failed(failure('refused'), true);

    expect([course.step, course.reason]).toEqual(['register', 'refused']);
  });

  it('registers after three silences, and connects again when nobody answers there either', () => {
    const course = new Course(true);
    course.found(true);
    const steps = Array.from({ length: 5 }, () => course.failed(failure('unanswered'), true).next);

    expect(steps).toEqual(['connect', 'connect', 'register', 'connect', 'connect']);
    expect(course.reason).toBe('unreachable');
  });

  it('registers after each further silence of a hub that the service names again', () => {
    const course = new Course(true);
    course.found(true);
    const unanswered = (): string => course.failed(failure('unanswered'), true).next;
    const silences = [unanswered(), unanswered(), unanswered()];
    course.placed(true);
    const again = unanswered();
    course.placed(false);

    expect([...silences, again, unanswered()]).toEqual(['connect', 'connect', 'register', 'register', 'connect']);
  });

  it('never leaves a hub that it belongs to for good', () => {
    const course = new Course(false);

    expect(course.failed(failure('refused'), true)).toEqual({ next: 'connect', leastMs: 5000, mostMs: 10_000 });
    expect(course.step).toBe('connect');
  });

  it('rests longer before each connection that does not hold', () => {
    const course = new Course(true);

    expect([1, 1, 1, 3_600_000, 1].map((lasted) => course.lost(lasted).mostMs)).toEqual([
      4000, 8000, 16_000, 2000, 4000,
    ]);
  });
});
