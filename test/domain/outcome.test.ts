import { deviceIdOf } from '../../domain/ids';
import {
  confirmOutcomes,
  cut,
  isFailure,
  isReported,
  isTouched,
  type JobRow,
  outcomeOfRow,
  outcomesOf,
  outcomesOfBroken,
  type TwinReport,
} from '../../domain/outcome';
import type { JsonObject } from '../../domain/spec';
import type { OutcomeKind } from '../../domain/tally';

const deviceId = deviceIdOf('door-1');
const row = (change: Partial<JobRow>): JobRow => ({ deviceId, status: 'completed', ...change });
const failed = (code: string): JobRow => row({ status: 'failed', error: { code, description: 'words of the hub' } });

describe('outcome of a row', () => {
  it.each([
    {
      name: 'a method answered with 200 succeeded',
      of: row({ response: { status: 200, payload: null } }),
      kind: 'succeeded',
    },
    {
      name: 'a method answered with 299 succeeded',
      of: row({ response: { status: 299, payload: null } }),
      kind: 'succeeded',
    },
    {
      name: 'a method answered with 300 failed',
      of: row({ response: { status: 300, payload: null } }),
      kind: 'failed',
    },
    {
      name: 'a method answered with 500 failed, though its row completed',
      of: row({ response: { status: 500, payload: 'stuck' } }),
      kind: 'failed',
    },
    { name: 'a merged twin succeeded', of: row({}), kind: 'succeeded' },
    { name: 'a device that never came online is offline', of: failed('JobRunPreconditionFailed'), kind: 'offline' },
    { name: 'a device that left is offline', of: failed('DeviceNotOnline'), kind: 'offline' },
    { name: 'a device that gave no answer timed out', of: failed('GatewayTimeout'), kind: 'timedOut' },
    { name: 'a deleted device is skipped', of: failed('DeviceNotFound'), kind: 'skipped' },
    { name: 'any other error failed', of: failed('ServerError'), kind: 'failed' },
    { name: 'a cancelled row was never touched', of: row({ status: 'canceled' }), kind: 'skipped' },
    { name: 'a row that outlived its job timed out', of: row({ status: 'running' }), kind: 'timedOut' },
  ] as const)('$name', ({ of, kind }) => expect(outcomeOfRow(of)).toMatchObject({ deviceId, kind }));

  it("keeps the device's own words, cut to 500 characters", () => {
    const outcome = outcomeOfRow(row({ response: { status: 500, payload: 'x'.repeat(2_000) } }));

    expect(outcome).toMatchObject({ status: 500 });
    expect(outcome.detail).toHaveLength(500);
  });
});

it('skips a device that has no row, and takes no row of another device', () => {
  const outcomes = outcomesOf(
    [deviceIdOf('door-1'), deviceIdOf('door-2')],
    [row({}), row({ deviceId: deviceIdOf('door-9') })],
  );

  expect(outcomes.map(({ deviceId: id, kind }) => [id, kind])).toEqual([
    ['door-1', 'succeeded'],
    ['door-2', 'skipped'],
  ]);
});

describe('reported properties', () => {
  it.each<{ name: string; desired: JsonObject; reported: JsonObject; same: boolean }>([
    { name: 'equal', desired: { floor: 3 }, reported: { floor: 3, uptime: 7 }, same: true },
    { name: 'another value', desired: { floor: 3 }, reported: { floor: 4 }, same: false },
    { name: 'another type', desired: { floor: 3 }, reported: { floor: '3' }, same: false },
    { name: 'missing', desired: { floor: 3 }, reported: {}, same: false },
    { name: 'nested', desired: { at: { floor: 3 } }, reported: { at: { floor: 3, room: 1 } }, same: true },
    { name: 'nested, not there', desired: { at: { floor: 3 } }, reported: { at: 3 }, same: false },
    { name: 'removed', desired: { floor: null }, reported: {}, same: true },
    { name: 'not removed', desired: { floor: null }, reported: { floor: 3 }, same: false },
    { name: 'arrays, whole', desired: { rooms: [1, { a: 2 }] }, reported: { rooms: [1, { a: 2 }] }, same: true },
    { name: 'arrays, longer', desired: { rooms: [1] }, reported: { rooms: [1, 2] }, same: false },
  ])('compare: $name', ({ desired, reported, same }) => expect(isReported(desired, reported)).toBe(same));
});

it('confirms a merged twin only by what the device reports', () => {
  const ids = ['same', 'other', 'away', 'gone', 'failed'].map(deviceIdOf);
  const [same, other, away] = ids as [typeof deviceId, typeof deviceId, typeof deviceId];
  const twins = new Map<typeof deviceId, TwinReport>([
    [same, { connected: true, reported: { floor: 3 } }],
    [other, { connected: true, reported: {} }],
    [away, { connected: false, reported: {} }],
  ]);
  const merged = ids.map((id) => ({
    deviceId: id,
    kind: id === 'failed' ? ('failed' as const) : ('succeeded' as const),
  }));

  expect(confirmOutcomes(merged, { floor: 3 }, twins).map(({ kind }) => kind)).toEqual([
    'succeeded',
    'timedOut',
    'offline',
    'skipped',
    'failed',
  ]);
});

it.each<[OutcomeKind, { readonly touched: boolean; readonly failure: boolean }]>([
  ['succeeded', { touched: true, failure: false }],
  ['failed', { touched: true, failure: true }],
  ['timedOut', { touched: true, failure: true }],
  ['offline', { touched: false, failure: false }],
  ['skipped', { touched: false, failure: false }],
])('knows of %s whether the device may have been changed, and whether it counts for the quarantine', (kind, is) => {
  expect({ touched: isTouched({ deviceId, kind }), failure: isFailure({ deviceId, kind }) }).toEqual(is);
  expect(isTouched({ deviceId, kind, desiredVersion: 2 })).toBe(true);
});

it('cuts only what is longer than 500 characters', () => {
  expect(cut('x'.repeat(500))).toBe('x'.repeat(500));
  expect(cut('x'.repeat(501))).toBe(`${'x'.repeat(499)}…`);
});

it('says of a device without a row why: the job was cancelled, or the device was deleted', () => {
  expect(outcomesOf([deviceId], [], 'cancelled')[0]?.detail).toMatch(/was cancelled/);
  expect(outcomesOf([deviceId], [], 'completed')[0]?.detail).toMatch(/was deleted/);
});

it.each([
  ['completed', 1],
  ['failed', 1],
  ['running', 1],
  ['pending', 0],
  ['scheduled', 0],
  ['canceled', 0],
] as const)('counts a device whose row reads %s as begun by a job that failed as a whole: %d', (status, begun) => {
  expect(outcomesOfBroken([deviceId, deviceIdOf('door-2')], [row({ status })])).toHaveLength(begun);
});

it('takes no object for a reported value, nor a value for an object', () => {
  expect(isReported({ at: { floor: 3 } }, { at: 3 })).toBe(false);
  expect(isReported({ at: 3 }, { at: { floor: 3 } })).toBe(false);
});
