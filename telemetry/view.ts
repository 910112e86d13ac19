import type { DeviceKey, DeviceState } from './state';
import type { Reading, TelemetryWindow } from './windows';

/** What pages and callers see of a device. Times are UTC, ISO 8601. */
export interface DeviceView {
  readonly hub: string;
  readonly deviceId: string;
  readonly site: string;
  readonly version?: string;
  /** When the hub has taken the reading. */
  readonly at?: string;
  readonly lastSeen: string;
  readonly reading?: Reading;
  readonly count: number;
  readonly rejected: number;
}

/** One device with its past. */
export interface DeviceDetail extends DeviceView {
  /** Oldest first. */
  readonly windows: readonly TelemetryWindow[];
}

const isoOf = (ms: number): string => new Date(ms).toISOString();

/** What of a row is shown. */
export const viewOf = ({ hub, deviceId }: DeviceKey, state: Omit<DeviceState, 'seen' | 'windows'>): DeviceView => ({
  hub,
  deviceId,
  site: state.site,
  ...(state.version !== undefined && { version: state.version }),
  ...(state.marks.reading && { at: isoOf(state.marks.reading[0]) }),
  lastSeen: isoOf(state.marks.seen[0]),
  ...(state.reading && { reading: state.reading }),
  count: state.count,
  rejected: state.rejected,
});
