import { apply, type DeviceBatch } from '../../telemetry/apply';
import { judge } from '../../telemetry/judge';
import { runsOf } from '../../telemetry/seen';
import { telemetrySettings } from '../../telemetry/settings';
import type { DeviceState } from '../../telemetry/state';
import { messageAt, NOON } from '../support/telemetry';

const settings = telemetrySettings({ seenRanges: 2 });
const batch = (messages: readonly ReturnType<typeof messageAt>[], more: Partial<DeviceBatch> = {}): DeviceBatch => ({
  key: { hub: 'west', deviceId: 'pump-1' },
  stream: 'events/0',
  judged: messages.map((message) => judge(message, undefined, settings)),
  cover: runsOf(messages.map(({ sequence }) => sequence)),
  coverAtMs: messages.at(-1)?.enqueuedAtMs ?? 0,
  ...more,
});
const after = (...batches: readonly DeviceBatch[]): DeviceState | undefined =>
  batches.reduce<DeviceState | undefined>((state, one) => apply(state, one, settings).state ?? state, undefined);

it('makes a row of the first batch', () => {
  const state = after(
    batch([messageAt(5, { site: 'north', body: { Celsius: 20, version: '1.0' } }), messageAt(6, { body: 'x' })]),
  );

  expect(state).toEqual({
    reading: { Celsius: 20 },
    site: 'west',
    version: '1.0',
    count: 1,
    rejected: 1,
    marks: { reading: [NOON + 5_000, 5], version: [NOON + 5_000, 5], seen: [NOON + 6_000, 6] },
    seen: { 'events/0': { ranges: [[5, 6]], atMs: NOON + 6_000 } },
    windows: [
      {
        startMs: NOON,
        lengthMs: 300_000,
        accepted: 1,
        rejected: 1,
        fields: { Celsius: { count: 1, sum: 20, min: 20, max: 20 } },
      },
    ],
  });
});

it('shows what is latest by time, whoever comes first', () => {
  const late = batch([messageAt(9, { site: 'south', body: { Celsius: 9, version: '2.0' } })]);
  const early = batch([messageAt(2, { site: 'north', body: { Celsius: 2, version: '1.0' } })]);

  expect(after(late, early)).toEqual(after(early, late));
  expect(after(late, early)).toMatchObject({ reading: { Celsius: 9 }, version: '2.0', site: 'south', count: 2 });
});

it('keeps version and reading when a later message tells none', () => {
  const state = after(batch([messageAt(1, { body: { Celsius: 20, version: '1.0' } }), messageAt(2, { body: {} })]));

  expect(state).toMatchObject({ reading: { Celsius: 20 }, version: '1.0', marks: { seen: [NOON + 2_000, 2] } });
});

it('says that a batch adds nothing that is in the row already', () => {
  const first = batch([messageAt(1), messageAt(2), messageAt(3)]);

  expect(apply(after(first), batch([messageAt(2), messageAt(3)]), settings)).toEqual({
    accepted: [],
    rejected: [],
    tooLate: [],
    duplicateCount: 2,
  });
});

it('counts a message once that a batch holds twice', () => {
  expect(after(batch([messageAt(1), messageAt(1)]))).toMatchObject({ count: 1 });
});

it('fills a gap exactly', () => {
  const state = after(
    batch([messageAt(0)]),
    batch([messageAt(4)]),
    batch([messageAt(2)]),
    batch([messageAt(4), messageAt(5)]),
  );

  expect(state).toMatchObject({ count: 4 });
});

it('keeps partitions and sources apart', () => {
  expect(after(batch([messageAt(1)]), batch([messageAt(1)], { stream: 'events/1' }))).toMatchObject({ count: 2 });
});

it('does not count what comes into a gap that had to be closed', () => {
  const row = after(batch([messageAt(0)]), batch([messageAt(10)]), batch([messageAt(20)]));

  const { state, tooLate } = apply(row, batch([messageAt(5), messageAt(15)]), settings);

  expect(tooLate.map(({ message }) => message.sequence)).toEqual([5]);
  expect(state).toMatchObject({ count: 4 });
});

it('begins anew with an event hub that was made anew', () => {
  const row = after(batch([messageAt(0), messageAt(1), messageAt(2)]));
  const later = messageAt(1, { enqueuedAtMs: NOON + 60_000, atMs: NOON + 60_000 });

  expect(apply(row, batch([later]), settings)).toMatchObject({ duplicateCount: 0, state: { count: 4 } });
});
