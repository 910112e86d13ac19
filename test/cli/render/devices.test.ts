import { deviceCountsText, listedDeviceText } from '../../../cli/render/devices';
import type { ListedDevice } from '../../../domain/device-list';
import { deviceIdOf, hubNameOf } from '../../../domain/ids';

const hub = hubNameOf('main');
const endedAt = '2026-01-01T00:01:00.000Z';
const place = { deviceId: deviceIdOf('door-1'), hub, wave: 2, batch: 1, attempt: 3, endedAt };
const device: ListedDevice = { ...place, pass: 'wave', kind: 'failed', status: 500, detail: '"jammed"' };

it('tells counts and the most frequent details', () => {
  const byOutcome = { succeeded: 0, failed: 40, timedOut: 0, offline: 3, skipped: 0 };
  const details = [
    { kind: 'failed', status: 500, detail: '"jammed"', deviceCount: 37 },
    { kind: 'offline', deviceCount: 3 },
  ] as const;

  expect(
    deviceCountsText({ scope: { hubs: [hub], waveCount: 2 }, deviceCount: 43, byOutcome, details, otherCount: 3 }),
  ).toBe('43 devices: 40 failed, 3 offline\n  37 × 500 "jammed"\n  3 × offline, without details\n  3 × other details');
});

it('has a device on one line', () => {
  expect(listedDeviceText(device)).toBe(
    '2026-01-01 00:01:00Z  failed     main  door-1  wave 2, attempt 3: 500 "jammed"',
  );
  expect(listedDeviceText({ ...place, pass: 'catchUp', kind: 'timedOut' })).toBe(
    '2026-01-01 00:01:00Z  timed out  main  door-1  catch-up of wave 2, attempt 3',
  );
});
