import { deviceIdOf } from '../../domain/ids';
import {
  confirmOutcomes,
  isReported,
  type JobRow,
  outcomeOfRow,
  outcomesOf,
  type TwinReport,
} from '../../domain/outcome';
import type { JsonObject } from '../../domain/spec';

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
