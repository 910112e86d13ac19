import type { Seen } from './seen';
import type { Reading, TelemetryWindow } from './windows';

/** Which device; the key of its row. */
export interface DeviceKey {
  /** Name of the hub in the stack. */
  readonly hub: string;
  readonly deviceId: string;
}

/** A key as one text, different for different keys: a device id holds no `|`. */
export const keyText = ({ hub, deviceId }: DeviceKey): string => `${hub}|${deviceId}`;

/** Orders messages by time, then sequence number, so that what is latest does not depend on who comes first. */
export type Mark = readonly [atMs: number, sequence: number];

/** What is known of a device: one row of the table DeviceState. Follows from the messages alone, not from their order. */
export interface DeviceState {
  /** The latest that was accepted. */
  readonly reading?: Reading;
  readonly site: string;
  /** Of its firmware, the latest that it has told, in an accepted message or not. */
  readonly version?: string;
  /** Accepted messages. */
  readonly count: number;
  /** Rejected ones, but for those whose count nobody knows (`tooLate`, `lost`). */
  readonly rejected: number;
  readonly marks: {
    /** The latest message of all: when the device was last seen. */
    readonly seen: Mark;
    readonly reading?: Mark;
    readonly version?: Mark;
  };
  readonly seen: Seen;
  readonly windows: readonly TelemetryWindow[];
}
