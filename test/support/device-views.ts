import type { DeviceView } from '../../telemetry/view';

/** A device's view; what is left out is plain. */
export const viewOf = (deviceId: string, part: Partial<DeviceView> = {}): DeviceView => ({
  hub: 'west',
  deviceId,
  site: 'hall-1',
  version: '1.0.0',
  at: '2026-11-22T08:00:00.000Z',
  lastSeen: '2026-11-22T08:00:00.000Z',
  reading: { Celsius: 21.5, hPa: 1013 },
  count: 10,
  rejected: 0,
  ...part,
});
