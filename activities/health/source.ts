import type { HubName } from '../../domain/ids';

/** What a device sent in one span of time, by the times at which its hub has taken the messages. Times are ms since 1970. */
export interface SentWindow {
  readonly startMs: number;
  readonly lengthMs: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly fields: Readonly<Record<string, { readonly count: number; readonly sum: number }>>;
}

/** A device that has sent something at some time. */
export interface SendingDevice {
  readonly deviceId: string;
  readonly lastSeenMs: number;
  /** The newest ones, oldest first. */
  readonly windows: readonly SentWindow[];
}

/** What the telemetry pipeline knows of devices. */
export interface TelemetrySource {
  /** What the devices of a hub are sorted by: text, compared by UTF-16 units. Holds no tab and no line feed. */
  keyOf(deviceId: string): string;
  /** All devices of a hub that have ever sent something, with rising keys; a page at a time in memory. */
  devices(hub: HubName): AsyncIterable<SendingDevice>;
}
