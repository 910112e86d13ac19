import type { TelemetryBatch, TelemetryMessage } from './message';
import type { Reason, Rejection } from './rejection';
import type { DeviceKey, DeviceState } from './state';
import type { DeviceDetail, DeviceView } from './view';

/** A row and the tag that a write of it must name. */
export interface StoredState {
  readonly state: DeviceState;
  readonly etag: string;
}

export type WriteResult =
  | { readonly kind: 'written'; readonly etag: string }
  /** Another has written, made or deleted the row meanwhile. */
  | { readonly kind: 'conflict' }
  /** It will never be taken as it is. */
  | { readonly kind: 'refused'; readonly reason: string };

/** The table DeviceState, as the pipeline writes it. */
export interface StateStore {
  read(key: DeviceKey): Promise<StoredState | undefined>;
  /**
   * @param etag of the row that is replaced; undefined makes a new one
   * @throws when the store cannot be reached or denies: the batch then fails, and comes again
   */
  write(key: DeviceKey, state: DeviceState, etag: string | undefined): Promise<WriteResult>;
}

/** Turns what a device has sent into what it has measured: `value * slope + offset`. */
export interface Calibration {
  readonly slope: number;
  readonly offset: number;
}

/** What stands there is no calibration; messages with the field are rejected as `badCalibration`. */
export interface UnreadableCalibration {
  readonly unreadable: string;
}

/** By field; a field that is not here is taken as it is. */
export type Calibrations = Readonly<Record<string, Calibration | UnreadableCalibration>>;

/** The table Calibration. */
export interface CalibrationStore {
  /** @returns undefined for a device that has none, which is normal */
  read(key: DeviceKey): Promise<Calibrations | undefined>;
}

/** A message that does not count, with where it came from. */
export interface RejectedMessage {
  readonly source: string;
  readonly partition: string;
  readonly hub: string;
  readonly message: TelemetryMessage;
  readonly rejection: Rejection;
}

/** The table Rejected. */
export interface RejectedStore {
  /** Safe to repeat: a message's row has the same key each time. @param messages of one device */
  write(messages: readonly RejectedMessage[]): Promise<void>;
}

/** Who follows devices live. */
export interface Publisher {
  publish(views: readonly DeviceView[]): Promise<void>;
}

/** What a batch came to, in messages unless it says otherwise. What is a duplicate was counted when it first came. */
export interface BatchOutcome {
  readonly messages: number;
  readonly accepted: number;
  readonly duplicates: number;
  /** By reason; `lost` are of devices whose rows could not be written. */
  readonly rejected: Readonly<Partial<Record<Reason, number>>>;
  /** Devices whose rows were written. */
  readonly devices: number;
  /** Writes to DeviceState that another host's write made void. */
  readonly conflicts: number;
  /** Whether who follows live was not told. */
  readonly publishFailed: boolean;
}

/** What both hosts run; see processor.ts. */
export interface TelemetryProcessor {
  /**
   * Safe to repeat and to run side by side. The caller moves its checkpoint on once this has ended.
   *
   * @throws when a store does not answer: the batch must come again
   */
  process(batch: TelemetryBatch): Promise<BatchOutcome>;
}

export interface PageQuery {
  readonly hub?: string;
  readonly site?: string;
  /** `after` of the page before. */
  readonly after?: string;
  /** 1 to 1,000. */
  readonly size: number;
}

export interface DevicePage {
  /** May be fewer than were asked for, or none, with more to come. */
  readonly devices: readonly DeviceView[];
  /** Missing on the last page. */
  readonly after?: string;
}

/** `after` is none that a page has given. Names it, and what is allowed. */
export class UnknownPage extends Error {
  override readonly name = 'UnknownPage';
  constructor(after: string) {
    super(`after is ${JSON.stringify(after).slice(0, 60)}, allowed is what the page before has given as after`);
  }
}

/** The table DeviceState, as pages and gates read it. */
export interface DeviceReader {
  /** @throws UnknownPage */
  page(query: PageQuery): Promise<DevicePage>;
  one(key: DeviceKey): Promise<DeviceDetail | undefined>;
  /** Every device of a hub with its windows, a page of 1,000 at a time in memory. */
  all(hub: string): AsyncIterable<DeviceDetail>;
}
